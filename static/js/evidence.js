// Evidence: the selected words become a quote under a code; a quote that is pointed at is found in the text.
import { focusedCard } from "./desk.js";
import { showNotice } from "./notice.js";
import { selectedQuote } from "./selection.js";

const FLASH = 1600;

export function quoteFor(card, codeId, quote) {
  const form = card.querySelector("[data-evidence-form]");
  const { elements } = form;
  if (![...elements.code_id.options].some((option) => option.value === String(codeId))) {
    elements.code_id.add(new Option("", codeId));
  }
  Object.assign(elements.code_id, { value: codeId });
  for (const name of ["start", "end", "quote"]) elements[name].value = quote[name];
  form.requestSubmit();
}

// Pasted words are looked for by the server
function forgetPlace(form) {
  form.elements.start.value = form.elements.end.value = "";
}

// Under which code the next quote goes: the one pressed last, else the main one, else the last
export function targetOf(card) {
  const applied = [...card.querySelectorAll("[data-code][aria-pressed=true]")].map((chip) => chip.dataset.code);
  const main = card.querySelector("[data-main-code]")?.dataset.mainCode;
  return [card.dataset.quotesFor, main].find((code) => applied.includes(code)) ?? applied.at(-1);
}

function markTargets() {
  for (const card of document.querySelectorAll("[data-dimension]")) {
    const aimed = targetOf(card);
    for (const button of card.querySelectorAll("[data-quotes-for]")) {
      button.classList.toggle("is-aimed", button.dataset.quotesFor === aimed);
    }
  }
}

function flash(id) {
  const parts = document.querySelectorAll(`#incident-text [data-quotes~="${CSS.escape(id)}"]`);
  parts[0]?.scrollIntoView({ block: "center" });
  for (const part of parts) {
    part.classList.add("is-flashed");
    setTimeout(() => part.classList.remove("is-flashed"), FLASH);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-flashes]");
  if (link) {
    event.preventDefault();
    return flash(link.dataset.flashes);
  }
  const button = event.target.closest("button[data-quotes-for]");
  if (!button) return;
  const card = button.closest("[data-dimension]") ?? focusedCard();
  const code = button.dataset.quotesFor || (card && targetOf(card));
  const quote = selectedQuote();
  if (!quote || !code) return showNotice(quote ? "no-code" : "nothing-selected");
  card.dataset.quotesFor = code;
  quoteFor(card, code, quote);
});

// Pressing these must not take the selection away
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-keeps-selection]")) event.preventDefault();
});

document.addEventListener("selectionchange", () => {
  document.querySelector(".bench")?.classList.toggle("has-selection", selectedQuote() !== null);
});

document.addEventListener("tandem:swapped", markTargets);
document.addEventListener("tandem:arrived", markTargets);
document.addEventListener("tandem:act", markTargets);
document.addEventListener("tandem:act", (event) => {
  if (event.target.matches("[data-evidence-form]")) forgetPlace(event.target);
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-evidence-form]");
  if (form && event.target.name === "quote") forgetPlace(form);
});
markTargets();
