"use strict";
// Each button with `data-copy` copies that text.
document.documentElement.classList.add("js");
const copied = document.getElementById("copied");
document.addEventListener("click", async ({ target }) => {
  copied.textContent = "";
  const button = target.closest("[data-copy]");
  if (!button) {
    return;
  }
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
    copied.textContent = "Copied";
  } catch {
    // Without permission the text is selected, to be copied with the keyboard.
    const field = document.createElement("input");
    field.readOnly = true;
    field.value = text;
    field.setAttribute("aria-label", "Text to copy");
    field.addEventListener("blur", () => field.remove());
    button.after(field);
    field.focus();
    field.select();
    copied.textContent = "Press Ctrl+C to copy";
  }
});
