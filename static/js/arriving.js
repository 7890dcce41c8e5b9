// The next desk, whose page came along with the answer to a submit or a skip, takes the place of this one: nothing is
// fetched and no script starts anew. On any doubt the browser goes there by itself.
import { page } from "./chain.js";
import { unsavedWords } from "./memos.js";

// Another version of the scripts or sheets, when the server was updated in the meantime
function sources(from) {
  return [...from.querySelectorAll("head link[href], head script[src]")].map((each) => each.outerHTML).join();
}

function mayTake(fresh) {
  const main = fresh.querySelector("main[data-assignment]");
  return main && main.dataset.actsOf === page().actsOf && sources(fresh) === sources(document) && !unsavedWords();
}

export function arrive(address, words) {
  const fresh = new DOMParser().parseFromString(words, "text/html");
  if (!mayTake(fresh)) return location.assign(address);
  document.dispatchEvent(new CustomEvent("tandem:leaving"));
  history.pushState(null, "", address);
  document.title = fresh.title;
  document.body.replaceChildren(...document.adoptNode(fresh.body).childNodes);
  globalThis.htmx?.process(document.body);
  document.dispatchEvent(new CustomEvent("tandem:arrived"));
  scrollTo({ top: 0, behavior: "instant" });
  const main = document.querySelector("main"); // as after any journey: what reads aloud begins here
  main.tabIndex = -1;
  main.focus({ preventScroll: true });
}

// Back and forward show what is stored by then. They may also have been pressed before this script was there.
function loadOther() {
  const place = location.pathname.match(/\/assignments\/(\d+)$/)?.[1];
  const shown = page().assignment;
  if (place && shown && Number(place) !== Number(shown)) location.reload();
}
addEventListener("popstate", loadOther);
loadOther();
