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

document.addEventListener("tandem:act", (event) => showPressed(event.detail.submitter));
