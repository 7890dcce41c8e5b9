// The tree of the codebook: arrows go through its codes; Alt with an arrow, or dragging, moves one to see how it looks.
// Nothing is saved before somebody says why: the form below the tree asks for it (data-move-form).
const ROW = "[data-tree] > li";
const STEPS = { ArrowUp: -1, ArrowDown: 1 };
let staged = null; // the row that was moved, and how all rows stood before
let dragged = null;

const depthOf = (row) => Number(row.dataset.depth);
const linkOf = (row) => row.querySelector("a");
const nameOf = (row) => row.querySelector(".tree-name").textContent;
const formOf = () => document.querySelector("[data-move-form]");

function blockOf(row) {
  const block = [row];
  for (let next = row.nextElementSibling; next && depthOf(next) > depthOf(row); next = next.nextElementSibling) block.push(next);
  return block;
}

function parentOf(row) {
  let above = row.previousElementSibling;
  while (above && depthOf(above) >= depthOf(row)) above = above.previousElementSibling;
  return above;
}

function siblingBefore(row) {
  let above = row.previousElementSibling;
  while (above && depthOf(above) > depthOf(row)) above = above.previousElementSibling;
  return above && depthOf(above) === depthOf(row) ? above : null;
}

function siblingAfter(row) {
  const next = blockOf(row).at(-1).nextElementSibling;
  return next && depthOf(next) === depthOf(row) ? next : null;
}

// As the server will have it: under `parent` (null is the top), right before `before` (null is the end)
function place(row, parent, before) {
  const block = blockOf(row);
  let anchor = before ?? (parent ? blockOf(parent).at(-1).nextElementSibling : null);
  while (anchor && block.includes(anchor)) anchor = anchor.nextElementSibling;
  const deeper = (parent ? depthOf(parent) + 1 : 0) - depthOf(row);
  for (const each of block) {
    row.parentElement.insertBefore(each, anchor);
    setDepth(each, depthOf(each) + deeper);
  }
}

function setDepth(row, depth) {
  row.dataset.depth = depth;
  row.setAttribute("aria-level", depth + 1);
  const link = linkOf(row);
  link.className = link.className.replace(/level-\d+/, `level-${Math.min(depth, 8)}`);
}

function stage(row, move) {
  if (staged && staged.row !== row) putBack();
  const rows = [...row.parentElement.children];
  staged ??= { row, list: row.parentElement, rows, depths: rows.map(depthOf) };
  move();
  row.classList.add("is-moving");
  tell(row);
}

function putBack() {
  if (!staged) return;
  const { row, list, rows, depths } = staged;
  staged = null;
  row.classList.remove("is-moving");
  list.append(...rows);
  rows.forEach((each, at) => setDepth(each, depths[at]));
  formOf().hidden = true;
}

function tell(row) {
  const form = formOf();
  const [parent, after] = [parentOf(row), siblingAfter(row)];
  form.action = `${form.dataset.moveBase}${row.dataset.code}/moves`;
  form.elements.parent_id.value = parent?.dataset.code ?? "";
  form.elements.before_id.value = after?.dataset.code ?? "";
  form.elements.seen_seq.value = row.dataset.seq;
  const where = parent ? `under “${nameOf(parent)}”` : "at the top";
  const words = `“${nameOf(row)}” ${where}, ${after ? `before “${nameOf(after)}”` : "the last one"}.`;
  form.querySelector("[data-move-words]").textContent = `${words} Enter goes on to the reason, Escape puts it back.`;
  form.hidden = false;
}

const MOVES = {
  ArrowUp(row) {
    const above = siblingBefore(row);
    return above && (() => place(row, parentOf(row), above));
  },
  ArrowDown(row) {
    const next = siblingAfter(row);
    return next && (() => place(row, parentOf(row), siblingAfter(next)));
  },
  ArrowRight(row) {
    const above = siblingBefore(row);
    return above && (() => place(row, above, null));
  },
  ArrowLeft(row) {
    const parent = parentOf(row);
    return parent && (() => place(row, parentOf(parent), siblingAfter(parent)));
  },
};

function focus(row) {
  if (!row) return;
  rove(row);
  linkOf(row).focus();
}

// One stop for the tab key in each tree; the arrows go on from there
function rove(row) {
  for (const link of row.parentElement.querySelectorAll("a[tabindex='0']")) link.tabIndex = -1;
  linkOf(row).tabIndex = 0;
}

function prepare() {
  for (const list of document.querySelectorAll("[data-tree]:not([data-ready])")) {
    list.dataset.ready = "";
    for (const link of list.querySelectorAll("a")) link.tabIndex = -1;
    rove((list.querySelector("[aria-current]") ?? list.querySelector("a")).closest("li"));
  }
  const hint = document.querySelector("[data-move-hint]");
  if (hint) hint.hidden = false;
}

function moveBy(event, row) {
  const move = row.parentElement.hasAttribute("data-movable") && MOVES[event.key]?.(row);
  if (row.parentElement.hasAttribute("data-movable") && MOVES[event.key]) event.preventDefault();
  if (!move) return;
  stage(row, move);
  focus(row);
}

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(ROW);
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.altKey) return moveBy(event, row);
  const rows = [...document.querySelectorAll(ROW)].filter((each) => each.getClientRects().length > 0);
  if (staged?.row === row && event.key === "Enter") {
    event.preventDefault();
    formOf().elements.reason.focus();
  } else if (staged && event.key === "Escape") {
    putBack();
    focus(row);
  } else if (STEPS[event.key]) {
    event.preventDefault();
    focus(rows[rows.indexOf(row) + STEPS[event.key]]);
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    focus(event.key === "Home" ? rows[0] : rows.at(-1));
  }
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.(ROW);
  if (row) rove(row);
});

document.addEventListener("reset", (event) => {
  if (!event.target.matches("[data-move-form]")) return;
  const row = staged?.row;
  putBack();
  focus(row);
});

// Dragging: on the upper third of a row is before it, on the middle is under it, on the lower third is after it
function dropOn(event) {
  const row = event.target.closest?.(ROW);
  if (!dragged || !row || row.parentElement !== dragged.parentElement || blockOf(dragged).includes(row)) return null;
  const box = row.getBoundingClientRect();
  return { row, where: ["before", "under", "after"][Math.min(Math.floor(((event.clientY - box.top) / box.height) * 3), 2)] };
}

function unmark() {
  for (const row of document.querySelectorAll("[data-drop]")) delete row.dataset.drop;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-movable] > li") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", nameOf(dragged));
});

document.addEventListener("dragover", (event) => {
  const drop = dropOn(event);
  if (!drop) return;
  event.preventDefault();
  unmark();
  drop.row.dataset.drop = drop.where;
});

document.addEventListener("drop", (event) => {
  const drop = dropOn(event);
  if (!drop) return;
  event.preventDefault();
  const row = dragged;
  stage(row, () => {
    if (drop.where === "under") return place(row, drop.row, null);
    place(row, parentOf(drop.row), drop.where === "before" ? drop.row : siblingAfter(drop.row));
  });
  formOf().elements.reason.focus();
});

document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
});

document.addEventListener("htmx:after:swap", () => {
  if (staged && !staged.row.isConnected) {
    staged = null;
    formOf().hidden = true;
  }
  prepare();
});
document.addEventListener("tandem:arrived", prepare);
prepare();
