// Memos over the desk: opening puts the cursor into the field, closing gives it back to whatever opened them.
// Escape closes them, unless something typed would be lost.
const slot = () => document.querySelector("[data-memo-drawer]");
let opener = null;

function close() {
  slot().replaceChildren();
  opener?.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  opener = event.target.closest("[data-opens-memos]") ?? opener;
  if (event.target.closest("[data-closes-memos]")) close();
});

document.addEventListener("htmx:after:swap", () => {
  const field = slot()?.querySelector("textarea");
  if (field && !slot().contains(document.activeElement) && opener) field.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !slot()?.firstElementChild) return;
  if (!slot().querySelector("textarea")?.value.trim()) close();
});
