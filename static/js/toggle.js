// Small switches. Without this script everything is simply visible.
//   [data-show-when="level=RED"]            shown only while the field `level` has that value;
//   [data-show-when="level=RED,AMBER"]      one of several values; `name=*` any value, `name=` none.
//   [data-reveal]                           gets a button that shows the password in it.
//   details[data-open-when-wide]            open on a wide screen (older browsers need it).
//   .error-summary a                        gets the name of its field in front.
//   [data-focus]                            takes the focus when the page opens (error summary).

for (const part of document.querySelectorAll("[data-show-when]")) showWhen(part);
for (const box of document.querySelectorAll("[data-reveal]")) reveal(box);
for (const details of document.querySelectorAll("details[data-open-when-wide]")) openWhenWide(details);
for (const link of document.querySelectorAll(".error-summary a[href^='#']")) nameField(link);
document.querySelector("[data-focus]")?.focus();

// A summary is read before its fields are: each line begins with the name of its field.
function nameField(link) {
  const field = document.getElementById(link.hash.slice(1));
  const label = field?.labels?.[0]?.closest(".choice, .date__part") ? null : field?.labels?.[0];
  const name = (label ?? field?.closest("fieldset")?.querySelector("legend"))?.firstChild?.textContent.trim();
  if (name && !link.textContent.includes(name)) link.prepend(`${name}: `);
}

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
