// Memos over the desk: opening puts the cursor into the field, closing gives it back to whatever opened them. What is
// typed and not saved goes only after a question; Escape leaves it.
const DRAWERS = "[data-memo-drawer], details.drawer";
const ASKED = "This memo is not saved. Close it and lose what you typed?";
const LOST = "A memo or a note that you typed is not saved. Go on and lose it?";
const slot = () => document.querySelector("[data-memo-drawer]");
let opener = null;

function isUnsaved(field) {
  const kept = field.dataset.kept ?? field.defaultValue;
  return field.value.trim() !== "" && field.value !== kept && !field.closest("[data-saves-on-change]");
}

// In these drawers; a field that saves itself when it is left is none of them
export function unsavedWords(within = document.querySelectorAll(DRAWERS)) {
  return [...within].some((drawer) => [...drawer.querySelectorAll("textarea")].some(isUnsaved));
}

// Asked before a submit or a skip, not after it: this page would then be of an incident that is handed in
export function mayLeave(form) {
  const others = [...document.querySelectorAll(DRAWERS)].filter((drawer) => !drawer.contains(form));
  if (!unsavedWords(others)) return true;
  if (!confirm(LOST)) return false;
  for (const drawer of others) for (const area of drawer.querySelectorAll("textarea")) area.dataset.kept = area.value;
  return true;
}

function mayGo() {
  return !unsavedWords([slot()]) || confirm(ASKED);
}

// An act may have put another link in the place of the one that opened them
function backTo(link) {
  const same = link && [...document.querySelectorAll("[data-opens-memos]")].find((each) => each.href === link.href);
  (link?.isConnected ? link : same)?.focus();
}

function close() {
  slot().replaceChildren();
  backTo(opener);
  opener = null;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens-memos]");
  const closing = event.target.closest("[data-closes-memos]");
  if (!slot() || !(link || closing)) return;
  if (!mayGo()) {
    event.preventDefault();
    event.stopPropagation();
  } else if (closing) close();
  else opener = link;
}, { capture: true }); // before htmx puts other memos there

document.addEventListener("htmx:after:swap", () => {
  const field = slot()?.querySelector("textarea");
  if (field && !slot().contains(document.activeElement) && opener) field.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !slot()?.firstElementChild) return;
  if (!unsavedWords([slot()])) close();
});

document.addEventListener("tandem:arrived", () => {
  opener = null;
});
addEventListener("beforeunload", (event) => {
  if (unsavedWords()) event.preventDefault();
});
