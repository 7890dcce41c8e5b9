// A chip beside the form picks the same answer in it ([data-picks]: the id of the input), and shows whether it
// is picked. Further codes are narrowed by the words typed.
function inputOf(chip) {
  return document.getElementById(chip.dataset.picks);
}

function showPicked() {
  for (const chip of document.querySelectorAll("[data-picks]")) {
    chip.setAttribute("aria-pressed", String(Boolean(inputOf(chip)?.checked)));
  }
}

function reveal(input) {
  const folded = input.closest("details:not([open])");
  if (folded) folded.open = true;
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-picks]");
  const input = chip && inputOf(chip);
  if (!input) return;
  reveal(input);
  input.click();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[name=answer]")) showPicked();
});

function narrow(field) {
  const wanted = field.value.trim().toLowerCase();
  for (const choice of document.getElementById(field.dataset.narrows).children) {
    choice.hidden = !choice.dataset.words.toLowerCase().includes(wanted) && !choice.querySelector(":checked");
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-narrows]")) narrow(event.target);
});

// Enter in the search field picks the first code left instead of sending the ruling.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || !event.target.matches?.("[data-narrows]")) return;
  event.preventDefault();
  document.querySelector(`#${event.target.dataset.narrows} > :not([hidden]) input`)?.click();
});

function showSearch() {
  for (const field of document.querySelectorAll("[data-narrows][hidden]")) field.hidden = false;
}

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches("[data-focuses-inside]")) {
    event.target.querySelector("input:not([type=hidden])")?.focus();
  }
}, true);

document.addEventListener("htmx:after:swap", showSearch);
showSearch();
