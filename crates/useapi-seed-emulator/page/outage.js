// The message while the emulator does not respond, and after that.

import { byId } from "./element.js";

let isOut = false;

export function begin() {
  if (!isOut) {
    isOut = true;
    report("Emulator not responding. Restart it on this port.");
  }
}

export function over() {
  if (isOut) {
    isOut = false;
    report("Reconnected. If it was restarted, earlier jobs are gone.");
  }
}

export function listen() {
  byId("reload").addEventListener("click", () => location.reload());
}

function report(text) {
  byId("outage").hidden = false;
  byId("outage-text").textContent = text;
}
