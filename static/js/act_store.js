// Acts that the server has not acknowledged yet: one entry each, under the member who did them, so that a closed
// laptop loses none and another member signed in here never sends them.
const PREFIX = "tandem-act";
const unstored = new Map(); // where the browser refuses to store, they live as long as the page

function entries() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}/`))
      .map((key) => [key, localStorage.getItem(key)]);
  } catch {
    return [...unstored];
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function keyOf({ member, assignment, order, act_id }) {
  return [PREFIX, member, assignment, order, act_id].join("/");
}

function ordered(one, other) {
  return one.order < other.order ? -1 : 1;
}

// All of one member, in the order they were done
export function keptActs(member, assignment = null) {
  const found = [...entries(), ...unstored].map(([, text]) => read(text)).filter(Boolean)
    .filter((act) => act.member === member && (assignment === null || act.assignment === assignment));
  const unique = new Map(found.map((act) => [act.act_id, act]));
  return [...unique.values()].sort(ordered);
}

export function keep(act) {
  const text = JSON.stringify(act);
  try {
    localStorage.setItem(keyOf(act), text);
  } catch {
    unstored.set(keyOf(act), text);
  }
}

export function forget(act) {
  unstored.delete(keyOf(act));
  try {
    localStorage.removeItem(keyOf(act));
  } catch { /* it was never stored */ }
}

// A place after everything that is kept, even when the clock of the machine went back
export function nextOrder(member) {
  const last = Number(keptActs(member).at(-1)?.order ?? 0);
  return String(Math.max(Date.now() * 1000, last + 1)).padStart(18, "0");
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // pages that come without https have this only
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// The name of a tab lies in its session only between two of its pages, since a copied tab takes its session along.
const TAB = "tandem-tab";
let tab = takeTab();

function takeTab() {
  try {
    const known = sessionStorage.getItem(TAB);
    sessionStorage.removeItem(TAB);
    return known ?? newId();
  } catch {
    return newId();
  }
}

export function tabId() {
  return tab;
}

addEventListener("pagehide", () => {
  try {
    sessionStorage.setItem(TAB, tab);
  } catch { /* the next page of this tab goes by another name */ }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) tab = takeTab();
});
