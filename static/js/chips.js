// A pressed chip shows it at once; the answer that follows says how it really is.
function press(chip, on) {
  chip.setAttribute("aria-pressed", String(on));
}

function unpress(card, selector) {
  for (const chip of card.querySelectorAll(selector)) press(chip, false);
}

export function showPressed(chip) {
  const card = chip?.closest("[data-dimension]");
  if (!card || !chip.matches(".code-chip[aria-pressed]")) return;
  const on = chip.getAttribute("aria-pressed") !== "true";
  const alone = chip.matches("[data-state]") || card.dataset.takes === "one";
  unpress(card, alone ? ".code-chip[aria-pressed]" : "[data-state]");
  press(chip, on);
  if (chip.matches("[data-state]")) chip.value = on ? "" : chip.dataset.state;
  if (on && chip.dataset.code) card.dataset.quotesFor = chip.dataset.code;
}

// A quote brings its code along, and a new code stands as a guess of its own
export function showApplied({ kind, dimension_id: dimension, code_id: code }) {
  const card = document.getElementById(`dimension-${dimension}`);
  if (!card || !["create_code", "add_evidence"].includes(kind)) return;
  const chip = card.querySelector(`[data-code="${CSS.escape(code ?? "")}"]`);
  if (kind === "create_code") unpress(card, card.dataset.takes === "one" ? ".code-chip[aria-pressed]" : "[data-state]");
  else if (chip?.getAttribute("aria-pressed") === "false") showPressed(chip);
}

document.addEventListener("tandem:act", (event) => {
  showPressed(event.detail.submitter);
  showApplied(Object.fromEntries(new FormData(event.target)));
});
