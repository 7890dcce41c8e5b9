// The second click of a double click sends nothing. The server knows a form that came twice; this spares the wait.
const WAIT = 2000;
const sent = new WeakMap(); // form -> its key and when it went

document.addEventListener("submit", (event) => {
  const key = event.target.elements.form_key?.value;
  if (!key) return;
  const before = sent.get(event.target);
  if (before?.key === key && event.timeStamp - before.at < WAIT) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  sent.set(event.target, { key, at: event.timeStamp });
}, true);
