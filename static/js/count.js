// Says how many characters are left: <input data-count="30">, <textarea data-count="800">.
// Only advice: nothing is cut off. Counts characters as one sees them (a surrogate pair is one).

const words = document.body.dataset;

for (const field of document.querySelectorAll("[data-count]")) {
  const limit = Number(field.dataset.count);
  if (!limit) continue;
  const line = document.createElement("p");
  line.className = "field__count";
  line.id = `${field.id}-count`;
  (field.closest(".field") ?? field.parentElement).append(line);
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" "));

  const show = () => {
    const left = limit - [...field.value.replaceAll("\r\n", "\n")].length;
    const sentence = left < 0 ? words.wordOver : words.wordLeft;
    line.textContent = (sentence ?? "{count}").replace("{count}", Math.abs(left).toLocaleString("ja-JP"));
    line.toggleAttribute("data-over", left < 0);
  };
  field.addEventListener("input", show);
  show();
}
