// A form that came back with problems: the first one gets the focus.
function focusFirstProblem(root) {
  const problem = root.querySelector("[aria-invalid=true]");
  (problem?.matches("fieldset") ? problem.querySelector("input") : problem)?.focus();
}

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.response?.status === 422) focusFirstProblem(document.querySelector("main") ?? document);
});
focusFirstProblem(document.querySelector("main") ?? document);
