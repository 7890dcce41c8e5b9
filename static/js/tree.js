// A code opened from the tree is swapped in beside it: the tree keeps its place, and the mark moves along.
document.addEventListener("htmx:after:swap", () => {
  const tree = document.querySelector(".tree");
  const link = document.activeElement?.closest?.(".tree li a");
  if (!tree || !link) return;
  for (const marked of tree.querySelectorAll("[aria-current]")) marked.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
});
