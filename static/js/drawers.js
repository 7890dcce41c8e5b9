// <details data-focuses-inside>: opening it puts the cursor into its first field. A saved flag closes its drawer.
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches?.("[data-focuses-inside]") && event.target.dataset.opened !== "quietly") {
    event.target.querySelector("input:not([type=hidden]), textarea")?.focus();
  }
}, true);

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
