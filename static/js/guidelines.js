// The guidelines of a dimension open at the code at hand: the one whose chip holds the focus, else the one that was
// pressed or quoted last.
import { targetOf } from "./evidence.js";

document.addEventListener(
  "toggle",
  (event) => {
    const guidelines = event.target;
    if (!guidelines.matches?.("details.guidelines[open]")) return;
    const card = guidelines.closest("[data-dimension]");
    const code = focusedCode(card) ?? targetOf(card);
    const list = guidelines.querySelector(".guideline-list");
    const wanted = code && list.querySelector(`[data-of="${CSS.escape(code)}"]`);
    for (const each of list.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
    if (!wanted) return;
    wanted.setAttribute("aria-current", "true");
    list.scrollTop += wanted.getBoundingClientRect().top - list.getBoundingClientRect().top;
  },
  true,
);

// A press on the summary takes the focus away from the chip; which chip had it is kept for that.
let focused = null;
document.addEventListener("focusin", (event) => {
  const chip = event.target.closest("[data-code]");
  if (chip) focused = chip;
  else if (!event.target.closest(".guidelines > summary")) focused = null;
});

function focusedCode(card) {
  return focused && card.contains(focused) ? focused.dataset.code : null;
}
