// <details id data-stays-open>: what somebody has opened stays open when the page fetches what is new around it.
const STAYS = "details[data-stays-open][id]";
const opened = new Set();

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.(STAYS)) return;
  if (target.open) opened.add(target.id);
  else if (target.isConnected) opened.delete(target.id);
}, true);

document.addEventListener("htmx:after:swap", () => {
  for (const each of document.querySelectorAll(STAYS)) if (opened.has(each.id)) each.open = true;
});
