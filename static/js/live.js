// Refreshes a part of the page: <div data-live-src="/advisories/…/deliveries/board" data-live-seconds="1.5">…</div>
// The fragment may hold data-live-done (nothing more will change: stop) and data-live-summary
// (one sentence; read out when it differs from the last). A hidden page is not refreshed.

const SLOWEST = 60;

for (const box of document.querySelectorAll("[data-live-src]")) follow(box);

function follow(box) {
  const seconds = Math.max(1, Number(box.dataset.liveSeconds) || 10);
  const voice = document.createElement("p");
  voice.className = "visually-hidden";
  voice.setAttribute("role", "status");
  voice.setAttribute("aria-live", "polite");
  box.after(voice);

  let summary = sentence(box);
  let timer = 0;
  let wait = seconds;
  let busy = false;
  let failed = false;

  const done = () => box.querySelector("[data-live-done]") !== null;
  const plan = () => {
    clearTimeout(timer);
    if (!done() && !document.hidden) timer = setTimeout(refresh, wait * 1000);
  };

  async function refresh() {
    if (busy) return;
    // Someone works inside (a field, an open selection): come back later.
    if (box.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return plan();
    busy = true;
    try {
      const answer = await fetch(box.dataset.liveSrc, { headers: { Accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      replace(box, await answer.text());
      wait = seconds;
      failed = false;
      const now = sentence(box);
      if (now && now !== summary) voice.textContent = now;
      summary = now;
    } catch {
      if (!failed) voice.textContent = document.body.dataset.wordStale ?? "";
      failed = true;
      wait = Math.min(SLOWEST, wait * 2);
    } finally {
      busy = false;
      plan();
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!done()) refresh();
  });
  plan();
}

// Keeps the place of the keyboard, of scrolled tables and of opened details.
function replace(box, html) {
  const focused = box.contains(document.activeElement) ? document.activeElement.id : "";
  const scrolled = [...box.querySelectorAll(".table-box")].map((table) => table.scrollLeft);
  const opened = new Set([...box.querySelectorAll("details[open][id]")].map((details) => details.id));
  box.innerHTML = html;
  box.querySelectorAll(".table-box").forEach((table, index) => { table.scrollLeft = scrolled[index] ?? 0; });
  box.querySelectorAll("details[id]").forEach((details) => { if (opened.has(details.id)) details.open = true; });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function sentence(box) {
  return box.querySelector("[data-live-summary]")?.textContent.trim() ?? "";
}
