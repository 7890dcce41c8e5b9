// [data-keeps-focus]: what held the focus in it may be gone after a swap: then what stood next to it takes it, or the
// [data-takes-focus] of what came. Things are known again by their ids.
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
let neighbours = null;

function idsAround(active) {
  const all = [...document.querySelectorAll("main :is(" + FOCUSABLE + ")")].filter((each) => each.id || each === active);
  const at = all.indexOf(active);
  return [...all.slice(at), ...all.slice(0, Math.max(at, 0)).reverse()].map((each) => each.id).filter(Boolean);
}

function takesFocus(element) {
  element?.focus({ preventScroll: true });
  return Boolean(element) && element === document.activeElement;
}

document.addEventListener("htmx:before:swap", () => {
  const active = document.activeElement;
  neighbours = active?.closest("[data-keeps-focus]") ? idsAround(active) : null;
});

document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement !== document.body) return;
  const came = document.querySelector("main [data-takes-focus]");
  if (takesFocus(came) || !neighbours) return;
  neighbours.some((id) => takesFocus(document.getElementById(id)));
  neighbours = null;
});
