// One behaviour a module. Each listens on the document, so that it is alive after every swap.
import "./clock.js";
import "./copy.js";
import "./focus.js";
import "./kept_focus.js";
import "./kept_words.js";
import "./keys.js";
import "./notice.js";
import "./once.js";
import "./open.js";
import "./quotes.js";
import "./tree.js";
import "./tree_moves.js";
