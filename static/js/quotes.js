// <a data-flash-start data-flash-end>: shows in the incident's text what a suggestion quotes, without touching the
// text itself, since offsets are counted in it. In UTF-16 units, as browsers count.
const NAME = "quoted-by-suggestion";
const FLASH = 2400;
let timer = 0;

function placeIn(paragraph, units) {
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  let node = walker.nextNode();
  let left = units;
  for (; node && left > node.length; node = walker.nextNode()) left -= node.length;
  return node && { node, offset: left };
}

// One range a paragraph: a quote may run over a line end
export function ranges(start, end) {
  const found = [];
  for (const paragraph of document.querySelectorAll("[data-text-root] [data-start]")) {
    const first = Number(paragraph.dataset.start);
    const from = Math.max(start - first, 0);
    const to = Math.min(end - first, paragraph.textContent.length);
    if (from >= to) continue;
    const [begin, stop] = [placeIn(paragraph, from), placeIn(paragraph, to)];
    if (!begin || !stop) continue;
    const range = document.createRange();
    range.setStart(begin.node, begin.offset);
    range.setEnd(stop.node, stop.offset);
    found.push(range);
  }
  return found;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-flash-start]");
  if (!link) return;
  const found = ranges(Number(link.dataset.flashStart), Number(link.dataset.flashEnd));
  if (!found.length) return;
  event.preventDefault();
  found[0].startContainer.parentElement.scrollIntoView({ block: "center" });
  if (!globalThis.Highlight) return;
  CSS.highlights.set(NAME, new Highlight(...found));
  clearTimeout(timer);
  timer = setTimeout(() => CSS.highlights.delete(NAME), FLASH);
});
