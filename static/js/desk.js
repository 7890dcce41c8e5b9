// The focused dimension: the one whose codes the digits press. Arrows move it; so does Tab from a dimension's name.
let focused = document.querySelector("[data-dimension].is-focused")?.id;

function cards() {
  return [...document.querySelectorAll("[data-dimension]")];
}

export function focusedCard() {
  return document.querySelector("[data-dimension].is-focused");
}

function headOf(card) {
  return card.querySelector("[data-dimension-head]");
}

export function focusDimension(card) {
  if (!card) return;
  focused = card.id;
  for (const each of cards()) {
    each.classList.toggle("is-focused", each === card);
    headOf(each).toggleAttribute("aria-current", each === card);
  }
}

function moveTo(card) {
  if (!card) return;
  focusDimension(card);
  headOf(card).focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function beside(step) {
  const all = cards();
  return all[all.indexOf(focusedCard()) + step];
}

document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-moves-dimension]");
  if (mover) return moveTo(beside(Number(mover.dataset.movesDimension)));
  const link = event.target.closest("[data-dimension-head], a[href^='#dimension-']");
  const card = link
    ? document.getElementById(link.getAttribute("href").split("#")[1])
    : event.target.closest("[data-dimension]:not(.is-focused)");
  if (!card) return;
  if (link) event.preventDefault();
  moveTo(card);
});

document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.("[data-dimension]:not(.is-focused)");
  if (card) focusDimension(card);
});

// Tab goes from dimension to dimension while a name has the focus; Enter goes in, to the codes.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const head = event.target.closest?.("[data-dimension-head]");
  if (!head) return;
  if (event.key === "Tab") {
    const next = beside(event.shiftKey ? -1 : 1);
    if (!next) return;
    event.preventDefault();
    moveTo(next);
  } else if (event.key === "Enter") {
    event.preventDefault();
    head.closest("[data-dimension]").querySelector(".code-chip[aria-pressed]")?.focus();
  }
});

document.addEventListener("tandem:arrived", () => {
  focused = focusedCard()?.id;
});
document.addEventListener("tandem:swapped", () => focusDimension(document.getElementById(focused) ?? focusedCard()));
