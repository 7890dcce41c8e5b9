// Where acts on several dimensions stand on an old state, the coder chooses for each dimension whether theirs are done
// again on top of what is stored, or what is stored stays.
import { keptActs } from "./act_store.js";
import { lineOf, page } from "./chain.js";
import { effective } from "./undo.js";

const KINDS = { submit: "submit", skip: "skip", unflag: "take the flag away", take_back: "take back", undo: "undo", redo: "redo" };

export function collided(id) {
  return keptActs(page().actsOf).find((act) => act.act_id === id);
}

function fieldsOf(act) {
  return Object.fromEntries(act.fields);
}

function dimensionOf(act) {
  return fieldsOf(act).dimension_id ?? "";
}

function words(act) {
  const { kind, decision, code_id, state, name, quote, text, note } = fieldsOf(act);
  const code = document.getElementById(`code-${code_id}`)?.dataset.codeName ?? "a code";
  if (kind === "toggle_code") return act.wants === false ? `without ${code}` : code;
  if (kind === "answer") return state.replaceAll("_", " ") || "not coded";
  if (kind === "create_code") return `new code “${name}”`;
  if (kind === "add_evidence") return `quote “${quote}” under ${code}`;
  if (kind === "set_main") return code_id ? `${code} as the main code` : "no main code";
  if (kind === "remove_evidence") return "a quote removed";
  if (kind === "write_memo") return text.trim() ? `memo “${text}”` : "no memo";
  if (decision) return `suggestion: ${decision}`;
  if (kind === "flag") return note ? `flag “${note}”` : "flag";
  return KINDS[kind] ?? kind;
}

function choiceOf(dimension) {
  return document.querySelector(`#collision [data-of-dimension="${CSS.escape(dimension)}"]`);
}

// Which of both a press was only the page knows that the coder saw
function sayTried({ wants }) {
  const either = document.querySelector("#collision [data-either]");
  if (either && wants !== undefined) either.textContent = wants ? "apply" : "remove";
}

function offer() {
  const again = document.querySelector("#collision[data-collided] [data-act-again]");
  const refused = again && collided(again.dataset.actAgain);
  if (!refused) return;
  const line = effective(lineOf(refused));
  const dimensions = [...new Set(line.map(dimensionOf))];
  sayTried(refused);
  for (const dimension of dimensions) {
    const choice = choiceOf(dimension);
    if (!choice) continue;
    choice.hidden = false;
    choice.querySelector("[data-yours]").textContent = line.filter((act) => dimensionOf(act) === dimension).map(words).join(", ");
  }
  document.querySelector("[data-collision-choice]").hidden = dimensions.length < 2;
}

// A code that was pressed to be there, or not to be, is not pressed again where it is so already
function changing(acts, choice) {
  let applied = new Set(choice?.dataset.applied?.split(" ").filter(Boolean));
  return acts.filter((act) => {
    const { kind, code_id } = fieldsOf(act);
    if (kind === "answer") applied = new Set();
    else if (kind !== "toggle_code") applied.add(code_id);
    else if (act.wants === applied.has(code_id)) return false;
    else if (act.wants === false) applied.delete(code_id);
    else applied = new Set(choice?.dataset.takes === "one" ? [code_id] : [...applied, code_id]);
    return true;
  });
}

// Of the acts that stand on the refused one, it among them: those to do again, in their order
export function chosen(refused) {
  const line = effective(lineOf(refused));
  const left = new Set([...new Set(line.map(dimensionOf))].flatMap((dimension) => {
    const choice = choiceOf(dimension);
    const acts = line.filter((act) => dimensionOf(act) === dimension);
    return choice && !choice.querySelector("input").checked ? [] : changing(acts, choice);
  }));
  return line.filter((act) => left.has(act));
}

document.addEventListener("tandem:swapped", offer);
