// Puts a phrase where the cursor stands: <details data-phrases="summary">…<p data-phrase>…</p><button data-insert hidden>…
// Without this script the text is there to be copied.

for (const box of document.querySelectorAll("[data-phrases]")) {
  const field = document.getElementById(box.dataset.phrases);
  if (!field) continue;
  for (const note of box.querySelectorAll("[data-without-script]")) note.hidden = true;
  for (const button of box.querySelectorAll("[data-insert]")) {
    const text = button.closest("li")?.querySelector("[data-phrase]")?.textContent;
    if (!text) continue;
    button.hidden = false;
    button.addEventListener("click", () => insert(field, text));
  }
}

// A phrase begins a line of its own. The event lets the draft save itself.
function insert(field, text) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const before = start > 0 && value[start - 1] !== "\n" ? "\n" : "";
  const after = end < value.length && value[end] !== "\n" ? "\n" : "";
  field.setRangeText(before + text + after, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
