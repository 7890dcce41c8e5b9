// On the page of a disagreement: a whole answer is adopted by one press ([data-adopts]: ids of the inputs), a cause may
// tick what it asks for ([data-ticks]), the line of a rule is drafted from the reason until somebody changes it, and
// names are offered behind an @ ([data-calls], a field with a list of names).
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-adopts]");
  if (!button) return;
  const wanted = new Set(button.dataset.adopts.split(" ").filter(Boolean));
  for (const input of document.querySelectorAll("#ruling [name=answer]")) {
    if (input.checked !== wanted.has(input.id)) input.click();
  }
  const main = document.querySelector("#ruling [name=main]");
  if (main) main.value = button.dataset.adoptsMain;
});

document.addEventListener("change", (event) => {
  const ticked = event.target.matches("#ruling [name=cause]") && document.getElementById(event.target.dataset.ticks ?? "needs-rule");
  if (!ticked) return;
  const asked = Boolean(event.target.dataset.ticks);
  if (asked !== ticked.checked && !ticked.dataset.byHand) ticked.checked = asked;
  draft();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#needs-rule")) event.target.dataset.byHand = "yes";
});

function namesChosen() {
  const chosen = [...document.querySelectorAll("#ruling [name=answer]:checked")];
  return chosen.map((input) => input.dataset.name ?? "").filter(Boolean);
}

// What is as it was drafted last goes on being drafted.
function draft() {
  const line = document.getElementById("rule_line");
  const code = document.getElementById("rule_code");
  const reason = document.getElementById("reason")?.value.trim() ?? "";
  if (!line || !document.getElementById("needs-rule").checked) return;
  const first = document.querySelector("#ruling [name=answer]:checked");
  if (!code.dataset.byHand && first && [...code.options].some((one) => one.value === first.value)) code.value = first.value;
  if (line.value.trim() && line.value !== line.dataset.drafted) return;
  const kind = document.querySelector("#ruling [name=rule_kind]:checked")?.value ?? "use_when";
  const words = kind === "not_when" ? line.dataset.draftNotWhen : line.dataset.draftUseWhen;
  const drafted = reason ? words.replace("{reason}", () => reason).replace("{codes}", () => namesChosen().join(" and ")) : "";
  line.value = line.dataset.drafted = drafted;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("#rule_code")) event.target.dataset.byHand = "yes";
  if (event.target.matches("#reason, #rule_code, #ruling [name=rule_kind], #ruling [name=answer], #needs-rule")) draft();
});

// A list completes the whole field, so each name stands in it behind what is typed before the @.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-calls]")) return;
  const typed = event.target.value;
  const at = typed.lastIndexOf("@");
  for (const option of event.target.list?.options ?? []) {
    option.value = at < 0 ? "" : `${typed.slice(0, at)}@${option.dataset.name}`;
  }
});
