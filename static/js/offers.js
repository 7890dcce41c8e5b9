// What was taken over or rejected can be taken away, undone and brought back by other keys. Where a suggestion may say
// otherwise than is stored, it is asked for again.
let turned = false; // something was undone or redone, which may have been a rejection

function saysOtherwise(slot) {
  return [...slot.querySelectorAll("[data-became]")].some((one) => {
    const applied = `[data-application="${CSS.escape(one.dataset.became)}"]`;
    return (slot.closest("[data-dimension]").querySelector(applied) !== null) !== (one.dataset.stands === "true");
  });
}

document.addEventListener("tandem:act", ({ target }) => {
  turned ||= ["undo", "redo"].includes(target.dataset.act);
});

document.addEventListener("tandem:swapped", () => {
  for (const slot of document.querySelectorAll("[data-dimension] .suggestion-slot:has(.suggestion)")) {
    if (turned || saysOtherwise(slot)) globalThis.htmx?.trigger(slot, "asked-again");
  }
  turned = false;
});
