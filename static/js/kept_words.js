// [data-keeps-words][id]: what is typed or chosen in its other forms outlives a swap that one of its forms asked for.
let kept = [];

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.matches("select")) return [...field.options].some((each) => each.selected !== each.defaultSelected);
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

function putBack({ id, checked, value }) {
  const field = document.getElementById(id);
  if (!field || isTouched(field)) return;
  if (checked !== undefined) field.checked = checked;
  else if (!field.matches("select") || [...field.options].some((each) => each.value === value)) field.value = value;
}

document.addEventListener("htmx:before:swap", ({ target, detail }) => {
  const source = detail.ctx?.sourceElement ?? target;
  const sent = source.form ?? source.closest?.("form");
  const fields = document.querySelectorAll("[data-keeps-words] :is(input, select, textarea)[id]");
  kept = [...fields].filter((each) => each.form !== sent && isTouched(each)).map((each) => (
    { id: each.id, value: each.value, checked: /checkbox|radio/.test(each.type) ? each.checked : undefined }));
});

document.addEventListener("htmx:after:swap", () => {
  kept.forEach(putBack);
  kept = [];
});
