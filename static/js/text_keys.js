// Words of the incident selected by keys alone, while its text has the focus: arrows left and right go from word to
// word, up and down from sentence to sentence, with ctrl from paragraph to paragraph; shift goes on selecting.
import { focusedCard } from "./desk.js";
import { ranges } from "./quotes.js";

const STEPS = { arrowleft: ["word", -1], arrowright: ["word", 1], arrowup: ["sentence", -1], arrowdown: ["sentence", 1] };
const SAYS_SOMETHING = /[\p{L}\p{N}\p{S}\p{Extended_Pictographic}]/u;
const ROOM = 24; // pixels of text that stay in sight around what is selected
const WIDTH = { word: 0, sentence: 1, paragraph: 2 };
let place = null; // { from, to } in UTF-16 units of the whole text, and in what kind of steps; shift goes on at `to`
let reading = false;

function text() {
  return document.getElementById("incident-text");
}

function pieces(words, kind) {
  if (kind === "paragraph") return [{ segment: words, index: 0 }];
  const found = [...new Intl.Segmenter(document.documentElement.lang, { granularity: kind }).segment(words)];
  return found.filter(({ segment }) => SAYS_SOMETHING.test(segment));
}

// Spans of the whole text, in its order
function units(kind) {
  return [...text().querySelectorAll("[data-start]")].flatMap((paragraph) => {
    const first = Number(paragraph.dataset.start);
    return pieces(paragraph.textContent, kind).map(({ segment, index }) => {
      const start = first + index + segment.length - segment.trimStart().length;
      return { start, end: start + segment.trim().length };
    });
  });
}

// From a sentence to words: into it; else to the one before or after
function stepped(kind, step) {
  const all = units(kind);
  const [start, end] = place ? [Math.min(place.from, place.to), Math.max(place.from, place.to)] : [0, 0];
  const inside = place && WIDTH[kind] < WIDTH[place.kind] ? all.filter((unit) => unit.start >= start && unit.end <= end) : [];
  const beside = step > 0 ? all.find((unit) => unit.start >= end) : all.findLast((unit) => unit.end <= start);
  const found = inside.at(step > 0 ? 0 : -1) ?? beside;
  return found ? { from: found.start, to: found.end, kind } : place;
}

function extended(kind, step) {
  if (!place) return stepped(kind, step);
  const { from, to } = place;
  const all = units(kind);
  const ends = [...all.map((unit) => unit.start).filter((at) => at < from), ...all.map((unit) => unit.end).filter((at) => at > from)];
  const next = step > 0 ? ends.find((at) => at > to) : ends.findLast((at) => at < to);
  return next === undefined ? place : { from, to: next, kind };
}

function select() {
  const found = place ? ranges(Math.min(place.from, place.to), Math.max(place.from, place.to)) : [];
  if (!found.length) return;
  const ends = [[found[0].startContainer, found[0].startOffset], [found.at(-1).endContainer, found.at(-1).endOffset]];
  if (place.to < place.from) ends.reverse();
  getSelection().setBaseAndExtent(...ends[0], ...ends[1]);
  scrollTo(found.at(place.to < place.from ? 0 : -1).getBoundingClientRect());
}

function scrollTo({ top, bottom }) {
  const frame = document.getElementById("text");
  const [upper, lower] = [".incident-head", ".key-strip"].map((name) => frame.querySelector(name).getBoundingClientRect());
  const short = top < upper.bottom + ROOM ? top - upper.bottom - ROOM : Math.max(bottom - lower.top + ROOM, 0);
  const scroller = frame.scrollHeight > frame.clientHeight ? frame : document.scrollingElement;
  scroller.scrollBy({ top: short, behavior: "instant" });
}

function tell() {
  document.getElementById("words-selected").textContent = getSelection().toString();
}

function selectedHere() {
  const selection = getSelection();
  return !selection.isCollapsed && text().contains(selection.anchorNode);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-focuses-text]")) return;
  text().focus({ preventScroll: true });
  if (!selectedHere()) place ??= stepped("sentence", 1);
  select();
  tell();
});

document.addEventListener("keydown", (event) => {
  if (event.target !== text() || event.isComposing) return;
  const key = event.key.toLowerCase();
  if (key === "escape") return focusedCard()?.querySelector("[data-dimension-head]").focus({ preventScroll: true });
  const [kind, step] = STEPS[key] ?? [];
  const wide = event.ctrlKey || event.metaKey || event.altKey;
  if (!kind || (wide && kind === "word")) return;
  event.preventDefault();
  const by = wide ? "paragraph" : kind;
  place = event.shiftKey ? extended(by, step) : stepped(by, step);
  reading = true;
  select();
  tell();
}, { capture: true }); // before the keys of the page

document.addEventListener("focusin", (event) => {
  if (event.target !== text()) reading = false;
});

// Pointing selects without taking the focus, so that the arrows go on to move between dimensions
document.addEventListener("mousedown", (event) => {
  const pointed = event.target.closest("[data-text-root][tabindex]");
  if (!pointed) return;
  pointed.removeAttribute("tabindex");
  setTimeout(() => pointed.setAttribute("tabindex", "0"));
}, { capture: true });

document.addEventListener("tandem:arrived", () => {
  place = null;
  reading = false;
});
document.addEventListener("tandem:swapped", () => {
  if (reading) select();
});
