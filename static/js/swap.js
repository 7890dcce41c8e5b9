// Puts the parts of an answer where the page has parts of the same id. Focus, scrolling, opened details, half-typed
// words and [data-keeps] stay; what did not change is left alone, and with it the selected words of the text.
import { tick, ticked } from "./self_saving.js";

const TYPED = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea";

function open() {
  const active = document.activeElement;
  return {
    focus: active?.id,
    around: active === document.body ? null : [active?.closest("details[id]")?.id, active?.closest("[data-dimension]")?.id],
    caret: active?.matches?.(TYPED) ? [active.selectionStart, active.selectionEnd] : null,
    details: [...document.querySelectorAll("details[id][open]")].map((each) => each.id),
    typed: [...document.querySelectorAll(TYPED)].filter((each) => each.id && each.value !== each.defaultValue)
      .map((each) => [each.id, each.value, each.dataset.kept]),
    ticks: ticked(),
    scrolled: [...document.querySelectorAll("[data-keeps-scroll]")].map((each) => [each.id, each.scrollTop]),
  };
}

function takesFocus(element) {
  element?.focus({ preventScroll: true });
  return Boolean(element) && element === document.activeElement;
}

function summaryOf(id) {
  return document.getElementById(id)?.querySelector("summary");
}

function headOf(card) {
  return document.querySelector(`${card} [data-dimension-head]`);
}

// What held the focus may be gone, or folded: then whatever is next to where it was
function reopen({ focus, around, caret, details, typed, ticks, scrolled }) {
  for (const id of details) {
    const each = document.getElementById(id);
    if (each && !each.hasAttribute("data-closing")) each.open = true;
  }
  for (const [id, value, kept] of typed) {
    const each = document.getElementById(id);
    if (!each || each.value !== each.defaultValue || each.hasAttribute("aria-invalid")) continue;
    each.value = value;
    if (kept !== undefined) each.dataset.kept = kept;
  }
  tick(ticks);
  for (const [id, top] of scrolled) document.getElementById(id)?.scrollTo({ top, behavior: "instant" });
  const field = focus ? document.getElementById(focus) : null;
  if (!around || document.activeElement !== document.body) return;
  if (!takesFocus(field)) return [summaryOf(around[0]), headOf(`#${around[1]}`), headOf(".is-focused"), headOf("")].some(takesFocus);
  if (caret && field.setSelectionRange && field.type !== "email") field.setSelectionRange(...caret);
}

function keepParts(fresh) {
  for (const part of fresh.querySelectorAll("[data-keeps][id]")) {
    const old = document.getElementById(part.id);
    if (old) part.replaceWith(old);
  }
}

function replace(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old) return;
  fresh.removeAttribute("hx-swap-oob");
  if (old.outerHTML === fresh.outerHTML) return;
  keepParts(fresh);
  old.replaceWith(fresh);
  globalThis.htmx?.process(fresh);
}

// only: a part to take alone out of the answer. False when the answer has nothing to swap.
export function swapIn(words, only = null) {
  const answer = new DOMParser().parseFromString(words, "text/html").body;
  const parts = only ? [...answer.querySelectorAll(only)] : [...answer.children].filter((part) => part.id);
  if (!parts.length) return false;
  const before = open();
  for (const fresh of parts) replace(document.adoptNode(fresh));
  document.dispatchEvent(new CustomEvent("tandem:swapped")); // first, as a field of a dimension that is folded takes no focus
  reopen(before);
  (document.querySelector("#answers [aria-invalid=true]"))?.focus();
  return true;
}
