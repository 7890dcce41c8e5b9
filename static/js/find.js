// Find or create: typing narrows the codes of the dimension, Enter takes the first that fits, and what fits none may be
// created. A name taken from the selected words brings them along as its first quote.
import { focusedCard } from "./desk.js";
import { quoteFor } from "./evidence.js";
import { plain } from "./near.js";
import { showNotice } from "./notice.js";
import { selectedQuote } from "./selection.js";

const LONGEST_NAME = 120;

function chipsOf(card) {
  return [...card.querySelectorAll("[data-code-name]")];
}

// Its name, then its synonyms
export function namesOf(chip) {
  return [chip.dataset.codeName, ...(chip.dataset.synonyms?.split("\n") ?? [])];
}

function fitting(card, wanted) {
  const chips = chipsOf(card).filter((chip) => namesOf(chip).some((name) => plain(name).includes(wanted)));
  const rank = (chip) => {
    const name = plain(chip.dataset.codeName);
    return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
  };
  return chips.sort((one, other) => rank(one) - rank(other));
}

function narrow(card, input) {
  const wanted = plain(input.value);
  const fits = wanted ? fitting(card, wanted) : [];
  card.classList.toggle("is-finding", wanted !== "");
  for (const chip of chipsOf(card)) {
    chip.classList.toggle("is-fitting", fits.includes(chip));
    chip.classList.toggle("is-first", chip === fits[0]);
  }
  for (const row of card.querySelectorAll("[data-chip-row]")) {
    row.classList.toggle("is-fitting", row.querySelector(".is-fitting") !== null);
  }
  const create = card.querySelector("[data-creates]");
  if (create) {
    create.hidden = !wanted || plain(fits[0]?.dataset.codeName ?? "") === wanted;
    create.querySelector("[data-create-name]").textContent = input.value.trim();
  }
  const quoted = card.querySelector("[data-find-quoted]");
  if (quoted) quoted.hidden = !input.form.elements.start.value;
  return fits;
}

function clear(input) {
  for (const name of ["start", "end", "quote"]) input.form.elements[name].value = "";
  input.value = "";
  narrow(input.closest("[data-dimension]"), input);
}

export function take(card, input, chip) {
  const { start, end, quote } = input.form.elements;
  const span = start.value && { start: start.value, end: end.value, quote: quote.value };
  clear(input);
  input.blur();
  if (span && card.querySelector("[data-evidence-form]")) quoteFor(card, chip.dataset.code, span);
  else if (chip.getAttribute("aria-pressed") === "true") showNotice("applied-already"); // else finding would take it off
  else chip.click();
}

function inputOf(event) {
  return event.target.matches?.("[data-find-form] input[type=search]") ? event.target : null;
}

document.addEventListener("input", (event) => {
  const input = inputOf(event);
  if (!input) return;
  if (!input.value.trim()) clear(input);
  else narrow(input.closest("[data-dimension]"), input);
});

document.addEventListener("keydown", (event) => {
  const input = inputOf(event);
  if (!input || event.isComposing) return;
  if (event.key === "Escape") {
    if (input.value) clear(input);
    else input.blur();
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    const card = input.closest("[data-dimension]");
    const [first] = input.value.trim() ? narrow(card, input) : [];
    if (!first) return;
    event.preventDefault();
    take(card, input, first);
  }
});

document.addEventListener("click", (event) => {
  const more = event.target.closest("[data-shows-more]");
  if (more) {
    event.preventDefault();
    for (const chip of more.closest("[data-dimension]").querySelectorAll("[data-more]")) delete chip.dataset.more;
    more.remove();
  }
  if (event.target.closest("[data-names-code]")) nameFromSelection();
});

function nameFromSelection() {
  const quote = selectedQuote();
  const input = focusedCard()?.querySelector("[data-find-form] input[type=search]");
  if (!quote || !input) return showNotice("nothing-selected");
  input.value = quote.quote.replace(/\s+/g, " ").slice(0, LONGEST_NAME);
  for (const name of ["start", "end", "quote"]) input.form.elements[name].value = quote[name];
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
  input.select();
}

// At once, so that the next key goes to the page
document.addEventListener("tandem:act", (event) => {
  if (!event.target.matches("[data-find-form]")) return;
  const input = event.target.querySelector("input[type=search]");
  clear(input);
  input.blur();
});
