// Names that mean the same to a reader though they are spelt apart. app/methods/near_names.py decides alike, on the
// server; the cases of tests/methods/near_names.json hold for both.
const SMALL = new Set(["a", "an", "the", "of", "in", "on", "at", "to", "by", "for", "and", "or", "with", "from"]);
const ENDINGS = ["ations", "ation", "ings", "ing", "ies", "ied", "ions", "ion", "es", "ed", "s", "y", "e"];
const TURNS = ["un", "in", "im", "non", "dis", "mis", "no", "under", "over"]; // prefixes that turn a word around
const LEAST = 3; // letters of a stem

export function plain(words) {
  return words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

function stem(word) {
  const ending = ENDINGS.find((each) => word.endsWith(each) && [...word].length - each.length >= LEAST);
  return ending ? word.slice(0, -ending.length) : word;
}

function stems(name) {
  const words = plain(name).match(/[\p{L}\p{N}]+/gu) ?? [];
  const large = words.filter((word) => !SMALL.has(word)).map(stem);
  return large.length ? large : words;
}

function digits(name) {
  return (plain(name).match(/[0-9]+/g) ?? []).sort().join();
}

// Letters wrong, missing, doubled or swapped with their neighbour
function distance(one, other) {
  const [from, to] = [[...one], [...other]];
  let [before, row] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[to.length];
}

function isSlip(one, other) {
  if (one === other) return true;
  if (TURNS.some((turn) => one === turn + other || other === turn + one)) return false;
  const [long, short] = [[...one].length, [...other].length];
  const shorter = Math.min(long, short);
  const allowed = shorter < 4 ? 0 : shorter < 9 ? 1 : 2;
  return Math.abs(long - short) <= allowed && distance(one, other) <= allowed;
}

function pairs(words, others) {
  const left = [...others];
  const same = words.filter((word) => left.includes(word));
  for (const word of [...same, ...words.filter((each) => !same.includes(each))]) {
    const at = left.includes(word) ? left.indexOf(word) : left.findIndex((each) => isSlip(word, each));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

export function isNear(one, other) {
  const [words, others] = [stems(one), stems(other)];
  if (!words.length || !others.length || digits(one) !== digits(other)) return false;
  if (isSlip(words.join(""), others.join(""))) return true;
  return words.length === others.length && pairs(words, others);
}
