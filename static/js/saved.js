// The sign that says whether everything is saved, and what is said when something cannot be.
const local = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function show(state) {
  for (const sign of document.querySelectorAll("#saved [data-saved]")) sign.hidden = sign.dataset.saved !== state;
}

function writeTime(at) {
  const place = document.querySelector("#saved [data-saved-at]");
  if (place) place.textContent = local.format(at);
}

// state: what to say while something is unsaved. A save on its way says nothing yet, unless it failed before.
export function tellSaved(unsaved, state, isLate) {
  for (const place of document.querySelectorAll("[data-unsaved]")) place.textContent = unsaved;
  if (state === "saved") writeTime(new Date());
  if (unsaved && (isLate || unsaved > 1 || state === "offline")) show(state === "saved" ? "waiting" : state);
  else if (document.querySelector("#saved [data-saved-at]")?.textContent) show("saved");
}

// What an answer said, beside the way out of it
export function sayHeld(words) {
  const said = new DOMParser().parseFromString(words, "text/html").querySelector(".notice-words")?.textContent.trim();
  const template = document.getElementById("acts-held");
  if (!template) return;
  const held = template.content.cloneNode(true);
  held.querySelector("[data-held-why]").textContent = said || "What you did could not be saved here.";
  held.firstElementChild.id = "held";
  document.getElementById("notice")?.replaceChildren(held);
}

function writeStored() {
  const stored = document.querySelector("#saved time[datetime]");
  if (stored) writeTime(new Date(stored.dateTime));
}
document.addEventListener("tandem:arrived", writeStored);
writeStored();
