// Undo and redo while acts wait in the browser: the server undoes them in their order, and until then the chips are
// shown as they will be. An act that waits keeps how its dimension stood before it; what was saved long ago is not guessed.
import { keptActs } from "./act_store.js";

function cardOf(dimension) {
  return document.querySelector(`[data-dimension="${CSS.escape(dimension)}"]`);
}

function standOf(dimension) {
  const card = cardOf(dimension);
  const pressed = card ? [...card.querySelectorAll(".code-chip[aria-pressed=true]")].map((chip) => chip.id) : [];
  return { dimension, pressed };
}

export function showStand({ dimension, pressed }) {
  for (const chip of cardOf(dimension)?.querySelectorAll(".code-chip[aria-pressed]") ?? []) {
    const on = pressed.includes(chip.id);
    chip.setAttribute("aria-pressed", String(on));
    if (chip.matches("[data-state]")) chip.value = on ? "" : chip.dataset.state;
  }
}

// What can be undone and redone of these acts, the last of each next. An entry is the act whose state before it comes
// back, and the act of the coder that it stands for; none where that is older than these acts.
function historyOf(acts) {
  const done = [];
  const undone = [];
  for (const act of acts) {
    const { kind } = Object.fromEntries(act.fields);
    if (kind === "undo") undone.push({ act, of: done.pop()?.of });
    else if (kind === "redo") done.push({ act, of: undone.pop()?.of });
    else {
      done.push({ act, of: act });
      undone.length = 0;
    }
  }
  return { undo: done, redo: undone };
}

// What is left of acts once their undoing among them is counted in. An undo of something older is left out, as it would
// now undo what another tab did.
export function effective(acts) {
  return acts.length === 1 ? acts : historyOf(acts).undo.map((entry) => entry.of).filter(Boolean);
}

export function withGuess(act) {
  const { kind, dimension_id: dimension } = Object.fromEntries(act.fields);
  if (kind !== "undo" && kind !== "redo") return dimension ? { ...act, before: standOf(dimension) } : act;
  const next = historyOf(keptActs(act.member, act.assignment))[kind].at(-1);
  const brings = next?.of && next.act.before;
  if (!brings) return act;
  const before = standOf(brings.dimension);
  showStand(brings);
  return { ...act, brings, before };
}
