// A last question: <form data-confirm="…?" data-confirm-title="…" method="post"> or the same on one submit button.
// The affirming button repeats the words of the button that was pressed. Without this script the form just goes.

for (const form of document.querySelectorAll("form")) {
  if (form.matches("[data-confirm]") || form.querySelector("[data-confirm]")) form.addEventListener("submit", ask);
}

function ask(event) {
  const form = event.currentTarget;
  const button = event.submitter;
  const source = button?.dataset.confirm ? button : form;
  const question = source.dataset.confirm;
  if (!question) return;
  if (form.dataset.confirmed) { delete form.dataset.confirmed; return; }
  if (typeof HTMLDialogElement !== "function") {
    if (!window.confirm(question)) event.preventDefault();
    return;
  }
  event.preventDefault();

  const dialog = element("dialog", "dialog");
  const title = element("h2", "dialog__title", source.dataset.confirmTitle ?? button?.textContent.trim() ?? "");
  const text = element("p", "dialog__text", question);
  title.id = "dialog-title";
  text.id = "dialog-text";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.setAttribute("aria-describedby", text.id);

  const actions = element("div", "actions");
  const no = element("button", "button button--secondary", document.body.dataset.wordCancel ?? "Cancel");
  const yes = element("button", affirming(button), button?.textContent.trim() ?? "OK");
  no.type = yes.type = "button";
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    form.dataset.confirmed = "yes";
    form.requestSubmit(button ?? undefined);
  });
  actions.append(no, yes);
  dialog.append(title, text, actions);
  dialog.addEventListener("close", () => { dialog.remove(); button?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

function affirming(button) {
  return button?.matches(".button--danger, .button--danger-primary") ? "button button--danger-primary" : "button button--primary";
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
