// What waits in the browser from before a reload: its chips and its memo are shown as they were left, while the sign
// says how much is not yet saved.
import { shownFromBefore } from "./chain.js";
import { showPressed } from "./chips.js";
import { showStand } from "./undo.js";

function show({ kind, dimension_id, code_id, state, text }) {
  const card = document.querySelector(`[data-dimension="${CSS.escape(dimension_id ?? "")}"]`);
  const pressed = card?.querySelector("[data-state][aria-pressed=true]");
  const memo = document.getElementById("memo-text");
  if (kind === "toggle_code") showPressed(card?.querySelector(`[data-code="${CSS.escape(code_id)}"]`));
  else if (kind === "answer") showPressed(state ? card?.querySelector(`[data-state="${CSS.escape(state)}"]`) : pressed);
  else if (kind === "write_memo" && memo) memo.value = memo.dataset.kept = text;
}

function showAll() {
  for (const act of shownFromBefore) {
    if (act.brings) showStand(act.brings);
    else show(Object.fromEntries(act.fields));
  }
}
document.addEventListener("tandem:arrived", showAll);
showAll();
