// The selected words of an incident: exact offsets in UTF-16 units, as the browser counts; the server converts.
// [data-text-root] holds paragraphs with data-start, the offset of their first unit in the whole text. Their
// text nodes hold the incident's text and nothing else. Between paragraphs the text has line ends only.

function unitsBefore(paragraph, node, offset) {
  const before = document.createRange();
  before.setStart(paragraph, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

// The part of a paragraph that the range covers, or null
function covered(paragraph, range) {
  if (!range.intersectsNode(paragraph)) return null;
  const text = paragraph.textContent;
  const from = paragraph.contains(range.startContainer)
    ? unitsBefore(paragraph, range.startContainer, range.startOffset) : 0;
  const to = paragraph.contains(range.endContainer)
    ? unitsBefore(paragraph, range.endContainer, range.endOffset) : text.length;
  const start = Number(paragraph.dataset.start);
  return to > from ? { start: start + from, end: start + to, quote: text.slice(from, to) } : null;
}

function joined(parts) {
  return parts.reduce((quote, part, at) => {
    const gap = at ? "\n".repeat(part.start - parts[at - 1].end) : "";
    return quote + gap + part.quote;
  }, "");
}

function trimmed({ start, end, quote }) {
  const left = quote.length - quote.trimStart().length;
  const right = quote.length - quote.trimEnd().length;
  return { start: start + left, end: end - right, quote: quote.trim() };
}

// {start, end, quote}, end exclusive; null when no word of the incident is selected
export function selectedQuote(root = document.querySelector("[data-text-root]")) {
  const selection = document.getSelection();
  if (!root || !selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const parts = [...root.querySelectorAll("[data-start]")].map((paragraph) => covered(paragraph, range)).filter(Boolean);
  if (!parts.length) return null;
  const whole = trimmed({ start: parts[0].start, end: parts.at(-1).end, quote: joined(parts) });
  return whole.quote ? whole : null;
}
