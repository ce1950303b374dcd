// What is said while the emulator does not answer, and after it.

import { byId } from "./element.js";

let lasts = false;

export function begin() {
  if (!lasts) {
    lasts = true;
    tell("The emulator does not answer: it has ended, or is stuck. Start it again on this port.");
  }
}

export function over() {
  if (lasts) {
    lasts = false;
    tell("The emulator answers again. If it was started anew, it knows nothing of before.");
  }
}

export function listen() {
  byId("reload").addEventListener("click", () => location.reload());
}

function tell(text) {
  byId("outage").hidden = false;
  byId("outage-told").textContent = text;
}
