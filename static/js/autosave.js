// Keeps a draft while one writes: <form data-autosave="/advisories/drafts">…<p role="status" data-autosave-status></p></form>
// Sends the whole form as the submit button would, with Accept: application/json.
// The answer: {"saved_at": "21:12", "location": "/advisories/2026-0042/draft"}; both may be absent.
// With a location the form goes on under that address, so a reload finds the draft and no second one is made.

const WAIT = 2000; // ms after the last key
const words = document.body.dataset;

for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);

function watch(form) {
  const line = form.querySelector("[data-autosave-status]") ?? appendStatus(form);
  let timer = 0;
  let changed = 0; // counts changes, so that one made during a request is not taken as saved
  let saved = 0;
  let sending = false;
  let leaving = false;

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  };

  async function save() {
    if (sending) return later();
    if (saved === changed || leaving) return;
    const at = changed;
    sending = true;
    say(line, words.wordSaving, "saving");
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: body(form),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const { saved_at, location } = await answer.json();
      saved = at;
      if (location) moveTo(form, location);
      say(line, words.wordSaved.replace("{time}", saved_at ?? clock()), "saved");
    } catch {
      if (!leaving) say(line, words.wordNotSaved, "failed");
    } finally {
      sending = false;
      if (saved !== changed && saved === at) later();
    }
  }

  form.addEventListener("input", () => { changed += 1; later(); });
  form.addEventListener("change", () => { changed += 1; later(); });
  // The last listener to hear of it: a submission stopped by the confirm dialog does not count as leaving.
  window.addEventListener("submit", (event) => {
    if (event.target === form && !event.defaultPrevented) { leaving = true; clearTimeout(timer); }
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && saved !== changed) event.preventDefault();
  });
}

// A form without files goes urlencoded, as it would without this script.
function body(form) {
  const data = new FormData(form);
  return form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
}

function moveTo(form, location) {
  const url = new URL(location, document.baseURI);
  if (url.origin !== window.location.origin) return;
  form.setAttribute("action", url.pathname + url.search);
  form.dataset.autosave = url.pathname + url.search;
  history.replaceState(history.state, "", url);
}

function appendStatus(form) {
  const line = document.createElement("p");
  line.className = "form__status";
  line.setAttribute("role", "status");
  form.append(line);
  return line;
}

function say(line, text, state) {
  line.textContent = text;
  line.dataset.state = state;
}

function clock() {
  return new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}
