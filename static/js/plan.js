// Another purpose: what is usual for it stands beside each field at once. What the lead set is left as it is.
const form = document.querySelector("[data-usual-words]");
const words = JSON.parse(form.dataset.usualWords);

function showUsual() {
  const usual = words[form.elements.purpose.value];
  if (!usual) return;
  for (const place of form.querySelectorAll("[data-usual]")) place.textContent = usual[place.dataset.usual];
}

form.addEventListener("change", (event) => {
  if (event.target.name === "purpose") showUsual();
});
showUsual(); // the browser may have kept another purpose over a reload
