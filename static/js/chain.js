// On what the next act stands: on the newest one that this tab has made or shown, and on no other. What another tab
// did unseen is then answered with a collision, and shown, instead of being overwritten.
import { keep, keptActs, tabId } from "./act_store.js";

const known = new Set(); // kept acts that were made here, or are shown here
export let shownFromBefore = waiting();

function answers() {
  return document.getElementById("answers")?.dataset;
}

export function page() {
  return document.querySelector("[data-acts-of]")?.dataset ?? {};
}

export function standsOn(member, assignment) {
  const own = keptActs(member, assignment).filter((act) => known.has(act.act_id));
  return own.at(-1)?.act_id ?? answers()?.lastAct ?? "";
}

// A submit or a skip that waits is the last that is done on its desk, until its answer leads on or says why not
export function isLeaving() {
  const { actsOf, assignment } = page();
  const last = assignment && keptActs(actsOf, assignment).at(-1);
  return Boolean(last) && ["submit", "skip"].includes(new Map(last.fields).get("kind"));
}

// What is rendered afterwards says anew on what it stands
export function made(act) {
  known.add(act.act_id);
  if (answers()) answers().lastAct = act.act_id;
}

// It was not saved, so nothing stands on it any more
export function unmade(act) {
  const after = keptActs(act.member, act.assignment).filter((other) => other.after_act_id === act.act_id);
  for (const other of after) keep({ ...other, after_act_id: act.after_act_id });
  if (answers()?.lastAct === act.act_id) answers().lastAct = act.after_act_id;
}

// Each names the one before it
export function chain(after, acts) {
  let last = after;
  for (const act of acts) {
    keep({ ...act, after_act_id: last });
    last = act.act_id;
  }
}

// Kept acts of this desk that this page shows
export function shownActs() {
  const { actsOf, assignment } = page();
  return assignment ? keptActs(actsOf, assignment).filter((act) => known.has(act.act_id)) : [];
}

// The acts that stand on this one, it among them
export function lineOf(first) {
  const line = new Set([first.act_id]);
  const acts = keptActs(first.member, first.assignment);
  for (const act of acts) if (line.has(act.after_act_id)) line.add(act.act_id);
  return acts.filter((act) => line.has(act.act_id));
}

// What was done before this page was loaded and stands on what it shows; where two tabs went on, this tab's own
function waiting() {
  const { actsOf, assignment } = page();
  if (!assignment) return [];
  const kept = keptActs(actsOf, assignment);
  const line = [];
  for (let act = next(kept, answers()?.lastAct ?? ""); act && !line.includes(act); act = next(kept, act.act_id)) line.push(act);
  for (const act of [...line, ...kept.filter((each) => each.tab === tabId())]) known.add(act.act_id);
  return line;
}

document.addEventListener("tandem:arrived", () => {
  shownFromBefore = waiting();
});

function next(kept, id) {
  const after = kept.filter((act) => act.after_act_id === id);
  return after.find((act) => act.tab === tabId()) ?? (after.length === 1 ? after[0] : undefined);
}
