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

// Under which code the next quote goes: the one pressed last, else the main one, else the last
function target(card) {
  const buttons = [...card.querySelectorAll("[data-quotes]")];
  return buttons.find((button) => button.dataset.quotes === card.dataset.quotesFor)
    ?? buttons.find((button) => button.closest("[data-chosen]").querySelector("[aria-pressed=true]"))
    ?? buttons.at(-1);
}

function markTargets() {
  for (const card of document.querySelectorAll("[data-dimension]")) {
    const aimed = target(card);
    for (const button of card.querySelectorAll("[data-quotes]")) {
      if (button === aimed) button.dataset.key = "e";
      else delete button.dataset.key;
      button.classList.toggle("is-aimed", button === aimed);
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
  const button = event.target.closest("button[data-quotes], [data-quotes-nothing]");
  if (!button) return;
  const aimed = button.dataset.quotes ? button : target(focusedCard() ?? document.body);
  if (!aimed) return showNotice("no-code");
  const quote = selectedQuote();
  if (!quote) return showNotice("nothing-selected");
  const card = aimed.closest("[data-dimension]");
  card.dataset.quotesFor = aimed.dataset.quotes;
  quoteFor(card, aimed.dataset.quotes, quote);
});

// Pressing these must not take the selection away
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-keeps-selection]")) event.preventDefault();
});

document.addEventListener("selectionchange", () => {
  document.querySelector(".bench")?.classList.toggle("has-selection", selectedQuote() !== null);
});

document.addEventListener("tandem:swapped", markTargets);
document.addEventListener("tandem:act", () => markTargets());
markTargets();
