// What waits in the browser from before a reload: its chips and its memo are shown as they were left, while the sign
// says how much is not yet saved.
import { shownFromBefore } from "./chain.js";
import { showApplied, showPressed } from "./chips.js";
import { keepAsSent } from "./self_saving.js";
import { showStand } from "./undo.js";

function show({ kind, dimension_id, code_id, state, text, sharing }) {
  const card = document.querySelector(`[data-dimension="${CSS.escape(dimension_id ?? "")}"]`);
  const pressed = card?.querySelector("[data-state][aria-pressed=true]");
  if (kind === "toggle_code") showPressed(card?.querySelector(`[data-code="${CSS.escape(code_id)}"]`));
  else if (kind === "answer") showPressed(state ? card?.querySelector(`[data-state="${CSS.escape(state)}"]`) : pressed);
  else if (kind === "write_memo") showMemo(text, sharing);
  else showApplied({ kind, dimension_id, code_id });
}

function showMemo(text, sharing) {
  const form = document.getElementById("memo-text")?.form;
  if (!form) return;
  form.elements.text.value = text;
  form.elements.sharing.checked = sharing === "shared";
  keepAsSent(form);
}

function showAll() {
  for (const act of shownFromBefore) {
    if (act.brings) showStand(act.brings);
    else show(Object.fromEntries(act.fields));
  }
}
document.addEventListener("tandem:arrived", showAll);
showAll();
