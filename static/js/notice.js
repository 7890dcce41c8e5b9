// What the reader must know when an answer did not come; and putting a notice aside.
export function showNotice(name) {
  const words = document.getElementById(`notice-${name}`);
  document.getElementById("notice")?.replaceChildren(words.content.cloneNode(true));
}

// A server error of ours says where it goes (HX-Reswap); any other, such as a proxy's page, must not
// land in the middle of somebody's form.
document.addEventListener("htmx:before:response", (event) => {
  const { response } = event.detail.ctx;
  if (response.status < 500 || response.headers.get("HX-Reswap")) return;
  event.preventDefault();
  showNotice("no-answer");
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx?.response) showNotice("no-answer");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismisses]")) event.target.closest(".notice").remove();
});
