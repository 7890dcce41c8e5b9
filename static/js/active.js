// Time at the incident: while its page is in sight, and up to a minute after the last key, pointer or scroll. Each act
// takes along what has gathered since the one before it; what no act took waits in the tab for the next one here.
import { page } from "./chain.js";

const IDLE = 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "focusin"];
let gathered = kept();
let last = performance.now();
let seen = !document.hidden;

function place() {
  const { actsOf, assignment } = page();
  return assignment ? `tandem-active/${actsOf}/${assignment}` : "";
}

function kept() {
  try {
    const found = Number(sessionStorage.getItem(place()));
    sessionStorage.removeItem(place());
    return found > 0 ? found : 0;
  } catch {
    return 0;
  }
}

function count() {
  const at = performance.now();
  if (seen) gathered += Math.min(at - last, IDLE);
  last = at;
}

export function takeSeconds() {
  if (!place()) return 0;
  count();
  const seconds = Math.floor(gathered / 1000);
  gathered -= seconds * 1000;
  return seconds;
}

// Of an act that was refused
export function giveBackSeconds(act) {
  if (act.assignment === page().assignment) gathered += 1000 * (Number(act.active_seconds) || 0);
}

// A pointer tells dozens of times a second
for (const sign of SIGNS) {
  addEventListener(sign, () => { if (performance.now() - last > 500) count(); }, { capture: true, passive: true });
}
document.addEventListener("visibilitychange", () => {
  count();
  seen = !document.hidden;
});
function leave() {
  count();
  try {
    if (place()) sessionStorage.setItem(place(), String(Math.round(gathered)));
  } catch { /* these seconds are told to nobody */ }
}

function begin() {
  gathered = kept();
  last = performance.now();
}
addEventListener("pagehide", leave);
document.addEventListener("tandem:leaving", leave);
document.addEventListener("tandem:arrived", begin);
addEventListener("pageshow", (event) => {
  if (event.persisted) begin();
});
