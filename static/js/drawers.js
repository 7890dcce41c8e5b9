// <details data-focuses-inside>: opening it puts the cursor into its first field. A saved flag closes its drawer.
document.addEventListener("click", (event) => {
  const summary = event.target.closest("[data-focuses-inside] > summary");
  if (!summary) return;
  event.preventDefault(); // opened here and at once, so that the next key goes into the field
  const drawer = summary.parentElement;
  drawer.open = !drawer.open;
  if (drawer.open) drawer.querySelector("input:not([type=hidden]), textarea")?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
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
  if (event.target.matches("[data-closes-drawer]")) event.target.closest("details").open = false;
});
