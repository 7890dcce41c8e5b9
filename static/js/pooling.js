// Dragging a proposed code onto another groups the two; onto a group adds it; back onto the rest takes it out. It only
// ticks the boxes and presses the buttons that the keyboard has as well.
let dragged = null;

function zoneOf(target) {
  const card = target.closest?.("[data-drags]");
  if (card && card !== dragged && card.closest(".loose") && dragged?.closest(".loose")) return card;
  const zone = target.closest?.("[data-drops]");
  return zone && !zone.contains(dragged) ? zone : null;
}

function mark(zone) {
  for (const each of document.querySelectorAll(".is-over")) if (each !== zone) each.classList.remove("is-over");
  zone?.classList.add("is-over");
}

function pickOf(card) {
  return document.getElementById(card.dataset.drags);
}

// A card that is not chosen goes alone; one that is takes the other chosen ones along.
function choose(cards) {
  if (!pickOf(dragged).checked) {
    for (const pick of document.querySelectorAll("[name=code_ids]")) pick.checked = false;
  }
  for (const card of cards) pickOf(card).checked = true;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-drags]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.id);
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const zone = dragged && zoneOf(event.target);
  mark(zone);
  if (zone) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const zone = dragged && zoneOf(event.target);
  if (!zone) return;
  event.preventDefault();
  const onCard = zone.matches("[data-drags]");
  choose(onCard ? [dragged, zone] : [dragged]);
  document.getElementById(onCard ? "group-new" : zone.dataset.drops)?.click();
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  mark(null);
});
