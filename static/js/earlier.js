// One's own earlier quotes for a code, beside the guidelines: for the chip that holds the focus, else for the code
// pressed or quoted last. The same key closes them.
import { targetOf } from "./evidence.js";

async function show(place, link, code) {
  const url = new URL(link.href);
  if (code) url.searchParams.set("code", code);
  let words = "";
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    words = answer.ok ? await answer.text() : "";
  } catch { /* offline */ }
  if (!words) {
    document.getElementById("notice")?.replaceChildren(document.getElementById("notice-no-answer").content.cloneNode(true));
    return;
  }
  const panel = new DOMParser().parseFromString(words, "text/html").querySelector("section");
  const open = document.getElementById(place.id); // an act may have replaced the card in the meantime
  open.replaceChildren(document.adoptNode(panel));
  open.dataset.of = code ?? "";
  open.hidden = false;
  say(open);
}

// The focus stays with the coder's keys, so a screen reader is told what has opened.
function say(place) {
  const quotes = [...place.querySelectorAll(".quotes q")].map((quote) => quote.textContent);
  document.getElementById("words-selected").textContent = [place.querySelector("h2").textContent, ...quotes].join(". ");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-earlier]");
  const other = event.target.closest(".earlier-place [data-earlier-code]");
  if (!link && !other) return;
  event.preventDefault();
  const card = (link ?? other).closest("[data-dimension]");
  const place = card.querySelector(".earlier-place");
  if (other) return show(place, other, other.dataset.earlierCode);
  const focused = document.activeElement?.closest("[data-code]");
  const code = focused && card.contains(focused) ? focused.dataset.code : targetOf(card);
  if (!place.hidden && place.dataset.of === (code ?? "")) place.hidden = true;
  else show(place, link, code);
});
