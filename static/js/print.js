// <button type="button" data-print hidden> shows itself and prints; [data-print-time] gets the time of printing.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

window.addEventListener("beforeprint", () => {
  const now = new Date().toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short", timeZone: "Asia/Tokyo" });
  for (const place of document.querySelectorAll("[data-print-time]")) place.textContent = ` ／ ${place.dataset.label}: ${now}`;
});
