// Saving. Every form[data-act] becomes an act: kept in the browser before it is sent, sent one at a time in the order
// in which they were done, and forgotten only when an answer names it.
import { forget, keep, keptActs, newId, nextOrder, tabId } from "./act_store.js";
import { sayHeld, tellSaved } from "./saved.js";
import { swapIn } from "./swap.js";

const OURS = ["act_id", "after_act_id", "tab"];
const LONGEST_PAUSE = 30_000;
const PATIENCE = 20_000;
let sending = false;
let stopped = null; // "held", "signed-out": nothing is sent before somebody decided or signed in
let failures = 0;
let timer = 0;

function page() {
  return document.querySelector("[data-acts-of]")?.dataset ?? {};
}

function queue() {
  const { actsOf } = page();
  return actsOf ? keptActs(actsOf) : [];
}

function tell() {
  const unsaved = queue().length;
  tellSaved(unsaved, stopped ?? (navigator.onLine ? "waiting" : "offline"), failures > 0 || stopped !== null);
}

// Doing
export function doAct(form, submitter) {
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

function chain(after, acts) {
  for (const act of acts) {
    keep({ ...act, after_act_id: after });
    after = act.act_id;
  }
}

// Sending
export async function send() {
  if (sending || stopped) return tell();
  sending = true;
  clearTimeout(timer);
  try {
    for (let act = queue()[0]; act && !stopped; act = queue()[0]) {
      tell();
      if (!(await sent(act))) break;
    }
  } finally {
    sending = false;
    tell();
  }
}

async function sent(act) {
  let answer, words;
  try {
    const body = new URLSearchParams([...act.fields, ...OURS.map((name) => [name, act[name] ?? ""])]);
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    const signal = AbortSignal.timeout?.(PATIENCE);
    answer = await fetch(act.url, { method: "POST", body, headers, redirect: "manual", signal });
    words = await answer.text();
  } catch {
    return later();
  }
  const { status } = answer;
  if (status === 401 || answer.type === "opaqueredirect") return stop("signed-out");
  if (status >= 500 || status === 408 || status === 429) return later();
  if (answer.ok) return answer.headers.get("Act-Saved") === act.act_id ? saved(act, answer, words) : later();
  if ([400, 413, 422].includes(status)) return refused(act, words);
  return held(act, words);
}

function saved(act, answer, words) {
  failures = 0;
  forget(act);
  const followed = queue().some((other) => other.assignment === act.assignment);
  const here = act.assignment === page().assignment;
  tellSaved(queue().length, "saved", false);
  const next = answer.headers.get("HX-Redirect");
  if (here && !followed && next) location.assign(next);
  else if (here && !followed && words) swapIn(words);
  return true;
}

// It can never be saved as it is: it is shown with what was typed, and what was done after it stands on what was before.
function refused(act, words) {
  failures = 0;
  forget(act);
  const rest = keptActs(act.member, act.assignment);
  chain(act.after_act_id, rest.slice(0, 1));
  if (act.assignment === page().assignment) swapIn(words);
  else sayHeld(words);
  return true;
}

function held(act, words) {
  stop("held");
  if (!swapIn(words, "#collision[data-collided]")) sayHeld(words);
  return false;
}

function later() {
  failures += 1;
  timer = setTimeout(send, Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(failures - 1, 5)));
  return false;
}

function stop(why) {
  stopped = why;
  return false;
}

function go() {
  stopped = null;
  failures = 0;
  document.getElementById("held")?.remove();
  send();
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

addEventListener("online", () => (stopped ? tell() : go()));
addEventListener("offline", tell);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && stopped !== "held") go();
});
send();
