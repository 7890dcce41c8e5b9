// The desk and the coder's queue. Everything works without these; they make it quick and keep it through a lost network.
import "./acts.js";
import "./chips.js";
import "./desk.js";
import "./drawers.js";
import "./evidence.js";
import "./earlier.js";
import "./find.js";
import "./guidelines.js";
import "./guesses.js";
import "./memos.js";
import "./near_list.js";
import "./offers.js";
import "./rows.js";
import "./text_keys.js";
import "./waiting.js";
