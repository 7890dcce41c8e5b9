// What waits in the browser is drawn as it will be, marked as not yet saved: quotes, new codes, the flag, decisions about
// suggestions. Drawn anew from the acts that are kept, so that one that is undone, saved or refused leaves nothing behind.
import { shownActs } from "./chain.js";
import { ranges } from "./quotes.js";
import { effective } from "./undo.js";

const NAME = "quote-not-yet-saved";
const DECIDED = { accept: "Accepted", change: "Changed", reject: "Rejected", restore: "Rejection taken back" };

function fieldsOf(act) {
  return Object.fromEntries(act.fields);
}

// New codes and quotes by dimension, as the acts leave them
function stand(acts) {
  const found = new Map();
  for (const act of acts) {
    const { kind, dimension_id: dimension, code_id: code, name, start, end, quote } = fieldsOf(act);
    if (!dimension) continue;
    const before = found.get(dimension) ?? { codes: [], quotes: [] };
    const alone = document.getElementById(`dimension-${dimension}`)?.dataset.takes === "one";
    if (kind === "answer") found.set(dimension, { codes: [], quotes: [] });
    else if (kind === "toggle_code" && act.wants === false) found.set(dimension, without(before, (each) => each !== code));
    else if (kind === "toggle_code") found.set(dimension, alone ? without(before, (each) => each === code) : before);
    else if (kind === "create_code") {
      const { codes, quotes } = alone ? { codes: [], quotes: [] } : before;
      found.set(dimension, { codes: [...codes, name], quotes: quote ? [...quotes, { code: name, start, end, quote }] : quotes });
    } else if (kind === "add_evidence") {
      const rest = alone ? without(before, (each) => each === code) : before;
      found.set(dimension, { ...rest, quotes: [...rest.quotes, { code, start, end, quote }] });
    }
  }
  return found;
}

function without({ codes, quotes }, stays) {
  return { codes: codes.filter(stays), quotes: quotes.filter((each) => stays(each.code)) };
}

function guess(name, words = "") {
  const made = document.getElementById(`guess-${name}`).content.firstElementChild.cloneNode(true);
  made.dataset.guess = "";
  const place = made.querySelector("[data-guess-words]");
  if (place) place.textContent = words;
  return made;
}

function drawDimension(dimension, { codes, quotes }) {
  const card = document.getElementById(`dimension-${dimension}`);
  for (const name of codes) card?.querySelector(".chip-grid .row")?.append(guess("code", name));
  for (const { code, quote } of quotes) {
    const beside = card?.querySelector(`#quote-for-${CSS.escape(code)}`)?.closest(".chosen-code");
    (beside ?? card?.querySelector(".chosen"))?.append(guess("quote", quote));
  }
}

function drawText(quotes) {
  const found = quotes.filter(({ start, end }) => start && end).flatMap(({ start, end }) => ranges(Number(start), Number(end)));
  if (globalThis.Highlight) CSS.highlights.set(NAME, new Highlight(...found));
}

function hide(element) {
  if (!element) return;
  if (element.contains(document.activeElement)) {
    element.closest("[data-dimension]")?.querySelector("[data-dimension-head]").focus({ preventScroll: true });
  }
  Object.assign(element, { hidden: true }).dataset.guessHidden = "";
}

function drawFlag(isFlagged) {
  const stored = [...document.querySelectorAll("#flag summary .drawer-mark, #incident-head [data-flagged]")];
  if (!isFlagged) return stored.forEach(hide);
  if (stored.length) return;
  document.querySelector("#flag summary")?.append(guess("flag"));
  document.querySelector("#incident-head .row")?.append(guess("flagged"));
}

function clear() {
  for (const each of document.querySelectorAll("[data-guess]")) each.remove();
  for (const each of document.querySelectorAll("[data-guess-hidden]")) {
    each.hidden = false;
    delete each.dataset.guessHidden;
  }
}

function draw() {
  if (!document.getElementById("guess-code")) return;
  clear();
  const acts = effective(shownActs());
  const dimensions = stand(acts);
  for (const [dimension, found] of dimensions) drawDimension(dimension, found);
  drawText([...dimensions.values()].flatMap(({ quotes }) => quotes));
  for (const act of acts) {
    const { kind, evidence_id: quote, decision } = fieldsOf(act);
    if (kind === "flag" || kind === "unflag") clearFlag(), drawFlag(kind === "flag");
    if (kind === "remove_evidence") hide(document.getElementById(`remove-${quote}`)?.closest("li"));
    if (decision) document.getElementById(`suggestion-${act.url.match(/suggestions\/(\d+)/)?.[1]}`)?.append(guess("decision", DECIDED[decision]));
  }
}

function clearFlag() {
  for (const each of document.querySelectorAll("#flag [data-guess], #incident-head [data-guess]")) each.remove();
}

document.addEventListener("tandem:act", draw);
document.addEventListener("tandem:swapped", draw);
document.addEventListener("tandem:arrived", draw);
document.addEventListener("htmx:after:swap", draw); // suggestions come by themselves
draw();
