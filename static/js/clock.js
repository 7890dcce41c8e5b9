// Times are written in UTC; pointing at one tells the local time.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime*='T']");
  if (time && !time.title) time.title = `${local.format(new Date(time.dateTime))}, your time`;
});
