// Sends a form that only waited: <form data-send-on method="post">…<button type="submit">…</button></form>
// Without this script the person presses the button. Whoever comes back to the page sends nothing again by that.

const [visit] = performance.getEntriesByType("navigation");
const form = document.querySelector("form[data-send-on]");

// A press, as fields of the form may be called "submit".
if (form && visit?.type !== "back_forward") form.querySelector("button[type=submit]").click();
