// Shows a long text as its readers will see it: <div data-rendered="summary" data-rendered-at="/advisories/rendered" hidden>
// <button type="button">…</button><div hidden></div></div>. The server makes the HTML, as it does for the page itself.
// Without this script the next page shows the text.

const token = document.querySelector("meta[name=form-token]")?.content ?? "";

for (const box of document.querySelectorAll("[data-rendered]")) {
  const field = document.getElementById(box.dataset.rendered);
  const [button, shown] = [box.querySelector("button"), box.querySelector("div")];
  if (!field || !button || !shown) continue;
  box.hidden = false;
  button.addEventListener("click", () => show(box, field, shown));
  // What is shown is not what stands in the field any more.
  field.addEventListener("input", () => { shown.hidden = true; });
}

async function show(box, field, shown) {
  try {
    const answer = await fetch(box.dataset.renderedAt, {
      method: "POST",
      body: new URLSearchParams({ text: field.value, form_token: token }),
      headers: { Accept: "text/html" },
      credentials: "same-origin",
    });
    const text = await answer.text();
    // 422: what is wrong with the text, in words of the server.
    if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error(String(answer.status));
    if (text.trim() === "") shown.textContent = box.dataset.wordNothing;
    else shown.innerHTML = text; // cleaned by the server, and held by the content security policy
  } catch {
    shown.textContent = box.dataset.wordFailed;
  }
  shown.hidden = false;
}
