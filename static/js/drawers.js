// <details data-focuses-inside>: opening it puts the cursor into its first field. A saved flag closes its drawer.
document.addEventListener("click", (event) => {
  const summary = event.target.closest("[data-focuses-inside] > summary");
  if (!summary) return;
  event.preventDefault(); // opened here and at once, so that the next key goes into the field
  const drawer = summary.parentElement;
  drawer.open = !drawer.open;
  if (drawer.open) drawer.querySelector("input:not([type=hidden]), textarea, select")?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const small = event.target.closest?.("details[open].offer-drawer");
  if (small) {
    small.open = false;
    return small.querySelector("summary").focus();
  }
  for (const drawer of document.querySelectorAll("details.drawer[open]")) {
    drawer.open = false;
    drawer.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const drawer of document.querySelectorAll("details.drawer[open]")) {
    if (!drawer.contains(event.target)) drawer.open = false;
  }
});

document.addEventListener("tandem:act", (event) => {
  if (!event.target.matches("[data-closes-drawer]")) return;
  const drawer = event.target.closest("details");
  const held = drawer.contains(document.activeElement);
  drawer.open = false;
  const head = drawer.closest("[data-dimension]")?.querySelector("[data-dimension-head]");
  if (held) (head ?? drawer.querySelector("summary")).focus({ preventScroll: true }); // the next key is the page's again
});
