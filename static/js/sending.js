// Sending what is kept: one act at a time, in the order in which they were done, forgotten only when an answer names it.
import { forget, keptActs } from "./act_store.js";
import { giveBackSeconds } from "./active.js";
import { arrive } from "./arriving.js";
import { isLeaving, page, shownFromBefore, unmade } from "./chain.js";
import { sayHeld, tellSaved } from "./saved.js";
import { swapIn } from "./swap.js";

export const OURS = ["act_id", "after_act_id", "tab", "active_seconds"];
const LONGEST_PAUSE = 30_000;
const PATIENCE = 20_000;
let sending = false;
let stopped = null; // "held", "signed-out": nothing is sent before somebody decided or signed in
let failures = 0;
let timer = 0;
let heldAct = "";
let focused = "";
// An act on a dimension is answered with that one, and with all that the page shows as a guess of its own: what was done
// here, by whichever tab it is sent. WHOLE stands for what belongs to no dimension.
const WHOLE = "";
const guessed = new Set(shownFromBefore.map(dimensionOf));
document.addEventListener("tandem:arrived", () => {
  guessed.clear();
  for (const act of shownFromBefore) guessed.add(dimensionOf(act));
});

function dimensionOf(act) {
  return new Map(act.fields).get("dimension_id") ?? WHOLE;
}

export function queue() {
  const { actsOf } = page();
  return actsOf ? keptActs(actsOf) : [];
}

function collision() {
  return document.querySelector("#collision[data-collided]:not([hidden])");
}

function isUndecided() {
  return stopped === "held" && collision() !== null;
}

export function mayAct() {
  return !isUndecided() && (stopped === "held" || !isLeaving());
}

// What was done is listed to be chosen from, so nothing is done beside it before the coder chose
function holdForChoice() {
  const held = isUndecided();
  for (const part of document.querySelectorAll("#answers .answer, #submit-bar, #undoing, .key-strip")) part.inert = held;
  const focused = document.activeElement;
  if (held && (focused === document.body || focused.closest("[inert]"))) collision().focus();
}

// While a submit is on its way, or waits, nothing can be done that would stand on it
function holdAnswers() {
  holdForChoice();
  const answers = document.getElementById("answers");
  const leaving = stopped !== "held" && isLeaving();
  if (!answers || answers.inert === leaving) return;
  if (!answers.inert) focused = document.activeElement?.id ?? "";
  answers.inert = !answers.inert;
  if (!answers.inert && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
}

function tell() {
  holdAnswers();
  const unsaved = queue().length;
  tellSaved(unsaved, stopped ?? (navigator.onLine ? "waiting" : "offline"), failures > 0 || stopped !== null);
}

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
  const shows = new Set([...guessed, dimensionOf(act)]);
  try {
    const body = new URLSearchParams([...act.fields, ...OURS.map((name) => [name, act[name] ?? ""])]);
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    if (!shows.has(WHOLE)) headers["Dimensions-To-Show"] = [...shows].join();
    if (!failures) headers["Next-Desk"] = "wanted"; // at first only, so that a page that fails holds no submit up
    const signal = AbortSignal.timeout?.(PATIENCE);
    answer = await fetch(act.url, { method: "POST", body, headers, redirect: "manual", signal });
    words = await answer.text();
  } catch {
    return later();
  }
  const { status } = answer;
  if (status === 401 || answer.type === "opaqueredirect") return stop("signed-out");
  if (status >= 500 || status === 408 || status === 429) return later();
  if (answer.ok) return answer.headers.get("Act-Saved") === act.act_id ? saved(act, answer, words, shows) : later();
  if ([400, 413, 422].includes(status)) return refused(act, words, shows);
  return held(act, words);
}

function saved(act, answer, words, shows) {
  failures = 0;
  forget(act);
  const followed = queue().some((other) => other.assignment === act.assignment);
  const here = act.assignment === page().assignment;
  tellSaved(queue().length, "saved", false);
  const next = answer.headers.get("HX-Redirect");
  if (here && followed) guessed.add(dimensionOf(act));
  else if (here && next) arrive(next, words);
  else if (here && words) show(words, shows);
  return true;
}

function show(words, shows) {
  for (const each of shows) guessed.delete(each);
  swapIn(words);
}

// It can never be saved as it is: it is shown with what was typed, and what was done after it stands on what was before.
function refused(act, words, shows) {
  failures = 0;
  forget(act);
  unmade(act);
  giveBackSeconds(act);
  holdAnswers();
  if (act.assignment === page().assignment) show(words, shows);
  else sayHeld(words);
  return true;
}

function held(act, words) {
  stop("held");
  holdAnswers();
  heldAct = act.act_id;
  const here = act.assignment === page().assignment;
  const collided = words.includes("data-collided");
  if (collided && here) document.dispatchEvent(new CustomEvent("tandem:collided"));
  if (!collided || !swapIn(words, here ? null : "#collision")) sayHeld(words);
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

// Again, after somebody decided, signed in or came back online
export function go() {
  stopped = null;
  failures = 0;
  document.getElementById("held")?.remove();
  send();
}

// Another tab may have saved what waits here, or settled what is held
addEventListener("storage", () => {
  if (stopped !== "held" || queue().some((act) => act.act_id === heldAct)) return tell();
  document.querySelector("#collision[data-collided]")?.setAttribute("hidden", "");
  go();
});
document.addEventListener("tandem:act", ({ target }) => guessed.add(target.elements.dimension_id?.value ?? WHOLE));
addEventListener("online", () => (stopped ? tell() : go()));
addEventListener("offline", tell);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && stopped !== "held") go();
});
send();
