// What was taken over from a suggestion can be taken away, undone and brought back by other keys. Where a suggestion says
// otherwise than its dimension shows, it is asked for again.
document.addEventListener("tandem:swapped", () => {
  for (const one of document.querySelectorAll("[data-dimension] [data-became]")) {
    const applied = `[data-application="${CSS.escape(one.dataset.became)}"]`;
    const stands = one.closest("[data-dimension]").querySelector(applied) !== null;
    const slot = one.closest(".suggestion-slot");
    if (slot && stands !== (one.dataset.stands === "true")) globalThis.htmx?.trigger(slot, "asked-again");
  }
});
