// Small switches. Without this script everything is simply visible.
//   [data-show-when="level=RED"]            shown only while the field `level` has that value;
//   [data-show-when="level=RED,AMBER"]      one of several values; `name=*` any value, `name=` none.
//   [data-reveal]                           gets a button that shows the password in it.
//   details[data-open-when-wide]            open on a wide screen (older browsers need it).
//   [data-focus]                            takes the focus when the page opens (error summary).

for (const part of document.querySelectorAll("[data-show-when]")) showWhen(part);
for (const box of document.querySelectorAll("[data-reveal]")) reveal(box);
for (const details of document.querySelectorAll("details[data-open-when-wide]")) openWhenWide(details);
document.querySelector("[data-focus]")?.focus();

function showWhen(part) {
  const at = part.dataset.showWhen.indexOf("=");
  const name = part.dataset.showWhen.slice(0, at);
  const wanted = part.dataset.showWhen.slice(at + 1).split(",");
  const form = part.closest("form") ?? document;

  const update = () => {
    const chosen = values(form, name);
    const shown = chosen.length === 0 ? wanted.includes("") : chosen.some((value) => wanted.includes("*") || wanted.includes(value));
    part.hidden = !shown;
    // What is hidden is not sent.
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !shown;
  };
  form.addEventListener("change", update);
  update();
}

function values(form, name) {
  const fields = [...form.querySelectorAll("input, select, textarea")].filter((field) => field.name === name);
  return fields
    .filter((field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : field.value !== ""))
    .map((field) => field.value);
}

function reveal(box) {
  const field = box.querySelector("input[type=password]");
  if (!field) return;
  const words = document.body.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--secondary";
  button.setAttribute("aria-controls", field.id);
  const show = (visible) => {
    field.type = visible ? "text" : "password";
    button.textContent = (visible ? words.wordHide : words.wordShow) ?? "";
    button.setAttribute("aria-label", (visible ? words.wordHidePassword : words.wordShowPassword) ?? "");
  };
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  show(false);
  box.append(button);
}

function openWhenWide(details) {
  const wide = window.matchMedia("(min-width: 64em)");
  const follow = () => { details.open = wide.matches; };
  wide.addEventListener("change", follow);
  if (wide.matches) follow();
}
