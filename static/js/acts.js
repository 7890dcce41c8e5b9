// Saving. Every form[data-act] becomes an act, kept in the browser before it is sent.
import { forget, keep, keptActs, newId, nextOrder, tabId } from "./act_store.js";
import { OURS, chain, go, page, queue, send } from "./sending.js";

function doAct(form, submitter) {
  const { actsOf: member, assignment } = page();
  const fields = [...new FormData(form, submitter)].filter(([name]) => !OURS.includes(name));
  const before = keptActs(member, assignment).at(-1)?.act_id;
  const seen = document.getElementById("answers")?.dataset.lastAct ?? "";
  keep({
    member, assignment, fields, url: form.getAttribute("action"), tab: tabId(),
    act_id: newId(), after_act_id: before ?? seen, order: nextOrder(member),
  });
  form.dispatchEvent(new CustomEvent("tandem:act", { bubbles: true, detail: { submitter } }));
  if (form.hasAttribute("data-clears")) form.reset();
  send();
}

// The first kept act of an assignment collided; it is done again on top of what is stored, and the rest after it.
function doAgain(form) {
  const assignment = form.dataset.actAgain;
  const [refused, ...later] = keptActs(page().actsOf, assignment);
  if (!refused) return location.reload();
  forget(refused);
  const again = { ...refused, act_id: newId(), after_act_id: form.elements.after_act_id.value };
  keep(again);
  chain(again.act_id, later);
  go();
}

function drop(assignment) {
  const first = assignment ?? queue()[0]?.assignment;
  for (const act of queue()) if (act.assignment === first) forget(act);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.act === "submit") {
    for (const dirty of document.querySelectorAll("form[data-saves-on-change]")) saveIfChanged(dirty);
  }
  if (form.dataset.actAgain) doAgain(form);
  else doAct(form, event.submitter);
});

// Text that is saved when its field is left
function saveIfChanged(form) {
  const changed = [...form.querySelectorAll("textarea")].some((area) => area.value !== (area.dataset.kept ?? area.defaultValue));
  if (!changed) return;
  for (const area of form.querySelectorAll("textarea")) area.dataset.kept = area.value;
  doAct(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-saves-on-change]");
  if (form) saveIfChanged(form);
});

document.addEventListener("click", (event) => {
  const dropping = event.target.closest("[data-drops-acts-of], [data-drops-acts]");
  if (dropping) {
    drop(dropping.dataset.dropsActsOf);
    if (!dropping.href) location.reload();
  }
  if (event.target.closest("[data-tries-again]")) go();
});
