"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const told = document.getElementById("told");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      told.textContent = "Copied";
    } catch {
      // Where a page may not: select it, for the keyboard to copy.
      getSelection().selectAllChildren(source);
      told.textContent = "Selected; copy it with the keyboard";
    }
  });
}
