// Keys are declared in the page: data-key="a" on a button, a link or a field. Pressing the key presses it.
// Inside [data-key-scope] a key counts only while that scope is focused (it holds the focus, or has
// .is-focused), so that each dimension may have its own digits. Outside text fields only, but for ctrl+enter.
const TYPED_IN = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]";
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select";
const PRESSED_BY_ENTER = "a[href], button, summary, input, [role=button]";
const SWITCH = "tandem-single-keys";
const told = new Set();

export function keyOf(event) {
  const name = event.key.toLowerCase();
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.shiftKey && (name.length > 1 || parts.length)) parts.push("shift");
  return [...parts, name].join("+");
}

function scopeOf(element) {
  return element.closest("[data-key-scope]");
}

function isFocused(scope) {
  if (scope.contains(document.activeElement)) return true;
  const elsewhere = document.activeElement?.closest("[data-key-scope]");
  return !elsewhere && scope.matches(".is-focused");
}

function isLive(element) {
  const scope = scopeOf(element);
  return !element.disabled && !element.closest("[hidden], [inert]") && element.getClientRects().length > 0
    && (!scope || isFocused(scope));
}

function declared() {
  const dialog = document.querySelector("dialog[open]");
  return [...(dialog ?? document).querySelectorAll("[data-key]")];
}

export function pressed(key) {
  const live = declared().filter((element) => element.dataset.key === key && isLive(element));
  const inScope = live.filter(scopeOf);
  const found = inScope.length ? inScope : live;
  if (found.length > 1) report(key, found);
  return found[0];
}

function report(key, elements) {
  if (told.has(key)) return;
  told.add(key);
  console.error(`Tandem: the key "${key}" is declared by ${elements.length} things at once`, elements);
}

function act(element) {
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

// A field of a form of its own, such as a memo's: ctrl+enter hands that form in, never the page's. So does a search
// field that holds words; an empty one stands in nobody's way.
function isOfAnother(field, element) {
  return field.form && field.form !== element.form && (field.type !== "search" || field.value.trim() !== "");
}

// As Enter does there, where a script takes what is chosen by it; else as it stands
function handIn(field) {
  const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
  if (field.dispatchEvent(enter)) field.form.requestSubmit();
}

function singleKeysOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  const key = keyOf(event);
  const typing = event.target.closest?.(TYPED_IN);
  if (typing && key === "escape" && typing.type !== "search") return typing.blur();
  if (typing ? key !== "ctrl+enter" : !key.includes("+") && !singleKeysOn()) return;
  if (key === "enter" && event.target.closest?.(PRESSED_BY_ENTER)) return; // what holds the focus is what Enter presses
  if (event.repeat && !key.startsWith("arrow")) return;
  const element = pressed(key);
  if (!element) return;
  event.preventDefault();
  if (typing && isOfAnother(typing, element)) handIn(typing);
  else act(element);
});

// The list of keys
function wordsOf(element) {
  if (element.dataset.keyWords) return element.dataset.keyWords;
  if (element.getAttribute("aria-label")) return element.getAttribute("aria-label");
  if (element.labels?.[0]) return element.labels[0].textContent.trim();
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("kbd")) part.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function keySign(element) {
  const own = element.querySelector("kbd");
  const sign = document.createElement("kbd");
  sign.textContent = own ? own.textContent : element.dataset.key;
  return sign;
}

function listKeys(list) {
  list.replaceChildren();
  for (const element of declared().filter(isLive)) {
    const term = document.createElement("dt");
    term.append(keySign(element));
    const words = document.createElement("dd");
    words.textContent = wordsOf(element);
    list.append(term, words);
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-opens-keys]")) return;
  const dialog = document.getElementById("keys");
  listKeys(dialog.querySelector("[data-keys-list]"));
  dialog.querySelector("[data-keys-switch]").checked = singleKeysOn();
  dialog.showModal();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-switch]")) localStorage.setItem(SWITCH, event.target.checked ? "on" : "off");
});

function showOpeners() {
  for (const opener of document.querySelectorAll("[data-opens-keys]")) opener.hidden = false;
}
document.addEventListener("tandem:arrived", showOpeners);
showOpeners();
