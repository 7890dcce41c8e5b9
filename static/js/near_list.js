// While a new code is named: those of the dimension that are nearly the same, to be taken instead by ↓ and Enter or by
// a click. Enter alone still creates what is typed.
import { namesOf, take } from "./find.js";
import { isNear, plain } from "./near.js";
import { showNotice } from "./notice.js";

const MOST = 3;

function listOf(input) {
  return input.form.querySelector("[data-near-list]");
}

function optionsOf(input) {
  return [...listOf(input).querySelectorAll("[role=option]")];
}

function nearChips(card, typed) {
  const wanted = plain(typed);
  return [...card.querySelectorAll("[data-code-name]")]
    .filter((chip) => !namesOf(chip).some((name) => plain(name).includes(wanted)) && namesOf(chip).some((name) => isNear(typed, name)))
    .slice(0, MOST);
}

function meaning(card, code) {
  const words = card.querySelector(`.guideline[data-of="${code}"] > p`)?.textContent.trim() ?? "";
  return words.split(/(?<=[.!?])\s/)[0];
}

function optionFor(card, input, chip) {
  const option = document.createElement("div");
  option.className = "near-code";
  option.id = `${input.id}-near-${chip.dataset.code}`;
  option.dataset.nearTo = chip.dataset.code;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  const [name, words] = [document.createElement("b"), document.createElement("span")];
  name.textContent = chip.dataset.codeName;
  words.textContent = meaning(card, chip.dataset.code);
  words.className = "quiet";
  option.append(name, " ", words);
  return option;
}

function offer(input) {
  const list = listOf(input);
  const card = input.closest("[data-dimension]");
  const chips = input.value.trim() ? nearChips(card, input.value) : [];
  const same = [...card.querySelectorAll("[data-code-name]")].some((chip) => plain(chip.dataset.codeName) === plain(input.value));
  const shown = same ? [] : chips;
  select(input, null);
  list.hidden = !shown.length;
  list.querySelector("[data-near-words]").textContent = shown.length ? "Nearly the same, ↓ to take it:" : "";
  list.querySelector("[data-near-codes]").replaceChildren(...shown.map((chip) => optionFor(card, input, chip)));
}

function select(input, option) {
  for (const each of optionsOf(input)) each.setAttribute("aria-selected", String(each === option));
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function selected(input) {
  return listOf(input).querySelector("[aria-selected=true]");
}

function choose(input, option) {
  const card = input.closest("[data-dimension]");
  const chip = card.querySelector(`[data-code="${option.dataset.nearTo}"]`);
  if (input.matches("[data-find-form] input")) {
    take(card, input, chip);
  } else if (input.form.dataset.act === "change_offered") {
    takeInstead(input, option.dataset.nearTo);
  } else {
    input.form.reset();
    input.closest("details").open = false;
    if (chip.getAttribute("aria-pressed") === "true") showNotice("applied-already");
    else chip.click();
  }
  if (input.isConnected) offer(input);
}

// Of a suggestion: the list of codes beside the name says which one it is changed to
function takeInstead(input, code) {
  const list = input.closest("details").querySelector("select[name=code_id]");
  list.value = code;
  list.form.requestSubmit();
}

function inputOf(event) {
  return event.target.matches?.("input[data-near]") ? event.target : null;
}

document.addEventListener("input", (event) => {
  const input = inputOf(event);
  if (input) offer(input);
});

// Before find.js, whose Enter takes the first code that holds the words
document.addEventListener("keydown", (event) => {
  const input = inputOf(event);
  if (!input || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return setTimeout(() => input.isConnected && offer(input));
  if (listOf(input).hidden) return;
  const options = optionsOf(input);
  const at = options.indexOf(selected(input));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(input, options[event.key === "ArrowDown" ? Math.min(at + 1, options.length - 1) : at - 1] ?? null);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    event.stopImmediatePropagation();
    choose(input, options[at]);
  }
}, true);

document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-near-to]")) event.preventDefault(); // the field keeps the focus
});
document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-near-to]");
  const input = option?.closest("form").querySelector("input[data-near]");
  if (input) choose(input, option);
});
document.addEventListener("tandem:act", (event) => {
  const input = event.target.querySelector?.("input[data-near]");
  if (input) setTimeout(() => input.isConnected && offer(input));
});
