// <button data-copies="#link" hidden>: copies the value or the words of #link.
export function showCopyButtons(root = document) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copies][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copies);
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  button.querySelector("[data-copied]")?.removeAttribute("hidden");
});
document.addEventListener("htmx:after:swap", () => showCopyButtons());
showCopyButtons();
