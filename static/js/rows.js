// Lists walked by keyboard: [data-moves-row] takes the focus to the link of the row before or after.
function links() {
  return [...document.querySelectorAll("[data-rows] [data-row]")].filter((link) => link.getClientRects().length);
}

document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-moves-row]");
  if (!mover) return;
  const all = links();
  const step = Number(mover.dataset.movesRow);
  const row = document.activeElement?.closest("tr");
  const at = all.findIndex((link) => link.closest("tr") === row);
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  next?.focus();
});
