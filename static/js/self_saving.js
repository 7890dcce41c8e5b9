// Fields of a form that saves itself (data-saves-on-change). data-kept: as an act has sent it, which may still be waiting.
const FORM = "form[data-saves-on-change]";
const OTHERS = "input[type=checkbox]";
const FIELDS = `textarea, ${OTHERS}`;

function valueOf(field) {
  return field.type === "checkbox" ? String(field.checked) : field.value;
}

function storedIn(field) {
  return field.type === "checkbox" ? String(field.defaultChecked) : field.defaultValue;
}

export function textsOf(form) {
  return [...form.querySelectorAll("textarea")];
}

// Of a form: one of its fields
export function isChanged(place) {
  if (place.matches("form")) return [...place.querySelectorAll(FIELDS)].some(isChanged);
  return valueOf(place) !== (place.dataset.kept ?? storedIn(place));
}

export function keepAsSent(form) {
  for (const field of form.querySelectorAll(FIELDS)) field.dataset.kept = valueOf(field);
}

// Whatever was typed or ticked
export function showStored() {
  for (const field of document.querySelectorAll(`${FORM} :is(${FIELDS})`)) {
    if (field.type === "checkbox") field.checked = field.defaultChecked;
    else field.value = field.defaultValue;
    delete field.dataset.kept;
  }
}

// Over a swap
export function ticked() {
  return [...document.querySelectorAll(`${FORM} ${OTHERS}`)].filter((box) => box.id && box.checked !== box.defaultChecked)
    .map((box) => [box.id, box.checked, box.dataset.kept]);
}

export function tick(boxes) {
  for (const [id, checked, kept] of boxes) {
    const box = document.getElementById(id);
    if (box) Object.assign(box, { checked });
    if (box && kept !== undefined) box.dataset.kept = kept;
  }
}
