// Saving. Every form[data-act] becomes an act, kept in the browser before it is sent.
import { forget, keep, newId, nextOrder, tabId } from "./act_store.js";
import { takeSeconds } from "./active.js";
import { chosen, collided } from "./collisions.js";
import { chain, lineOf, made, page, standsOn } from "./chain.js";
import { isChanged, keepAsSent, showStored, textsOf } from "./self_saving.js";
import { mayLeave } from "./memos.js";
import { OURS, go, mayAct, queue, send } from "./sending.js";
import { withGuess } from "./undo.js";

function doAct(form, submitter) {
  if (!mayAct()) return;
  const { actsOf: member, assignment } = page();
  const fields = [...new FormData(form, submitter)].filter(([name]) => !OURS.includes(name));
  const act = withGuess({
    member, assignment, fields, url: form.getAttribute("action"), tab: tabId(),
    act_id: newId(), after_act_id: standsOn(member, assignment), order: nextOrder(member),
    active_seconds: takeSeconds(),
    wants: form.dataset.act === "toggle_code" ? submitter?.getAttribute("aria-pressed") !== "true" : undefined,
  });
  keep(act);
  made(act);
  keepAsSent(form);
  form.dispatchEvent(new CustomEvent("tandem:act", { bubbles: true, detail: { submitter } }));
  if (form.hasAttribute("data-clears")) form.reset();
  send();
}

// An act that collided is done again on top of what is stored, and after it what stood on it, as far as it was chosen.
function doAgain(form) {
  const refused = collided(form.dataset.actAgain);
  if (!refused) return location.reload();
  const again = chosen(refused).map((act) => (act.act_id === refused.act_id ? { ...act, act_id: newId() } : act));
  if (!again.some(isMemo)) showStoredOf(refused);
  for (const act of lineOf(refused)) forget(act);
  chain(form.elements.after_act_id.value, again);
  if (!again.length) return location.reload();
  again.forEach(made);
  go();
}

function dropLine(id) {
  const refused = collided(id);
  if (!refused) return;
  showStoredOf(refused);
  for (const act of lineOf(refused)) forget(act);
}

function isMemo(act) {
  return new Map(act.fields).get("kind") === "write_memo";
}

// Else leaving the page would save what the coder has just put aside
function showStoredOf(act) {
  if (act.assignment === page().assignment) showStored();
}

function dropHeld() {
  const first = queue()[0]?.assignment;
  for (const act of queue()) if (act.assignment === first) forget(act);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  if (["submit", "skip"].includes(form.dataset.act)) {
    if (!mayLeave(form)) return;
    saveAllChanged();
  }
  if (form.dataset.actAgain) doAgain(form);
  else doAct(form, event.submitter);
});

// Saved when a field is left. A tick beside no words says nothing yet, and goes along with the words that come.
function saveIfChanged(form) {
  if (isChanged(form) && (textsOf(form).some((area) => isChanged(area)) || textsOf(form).some((area) => area.value.trim()))) doAct(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-saves-on-change]");
  if (form) saveIfChanged(form);
});

// A page that goes away, or out of sight, leaves its fields without a change being told
function saveAllChanged() {
  for (const form of document.querySelectorAll("form[data-saves-on-change]")) saveIfChanged(form);
}
addEventListener("pagehide", saveAllChanged, { capture: true });
document.addEventListener("tandem:leaving", saveAllChanged);
document.addEventListener("tandem:collided", saveAllChanged); // what is typed is chosen for like all that was done
document.addEventListener("visibilitychange", () => { if (document.hidden) saveAllChanged(); });

document.addEventListener("click", (event) => {
  const dropping = event.target.closest("[data-drops-line-of]");
  if (dropping) dropLine(dropping.dataset.dropsLineOf);
  if (event.target.closest("[data-drops-acts]")) {
    dropHeld();
    location.reload();
  }
  if (event.target.closest("[data-tries-again]")) go();
});
