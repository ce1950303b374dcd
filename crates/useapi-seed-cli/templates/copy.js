"use strict";
// Each button with `data-copy` copies that text.
document.documentElement.classList.add("js");
const told = document.getElementById("told");
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) {
    return;
  }
  told.textContent = "";
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
    told.textContent = "Copied";
  } catch {
    // Where a page may not: select it, for the keyboard to copy.
    const field = document.createElement("input");
    field.readOnly = true;
    field.value = text;
    field.setAttribute("aria-label", "Text to copy");
    field.addEventListener("blur", () => field.remove());
    button.after(field);
    field.focus();
    field.select();
    told.textContent = "Press Ctrl+C to copy";
  }
});
