// The emulator's own routes, beside the service's.

import * as outage from "./outage.js";

async function control(path, method = "GET", body = undefined) {
  const answer = await fetch(`/_emulator/${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: body && { "content-type": "application/json" },
  });
  const text = await answer.text();
  const json = text === "" ? undefined : JSON.parse(text);
  if (!answer.ok) {
    throw new Error(json?.error ?? `the emulator answered ${answer.status}`);
  }
  return json;
}

/** Addresses, tokens, and the jobs that were there at the start. */
export const service = () => control("service");
export const clock = () => control("clock");
export const changeClock = (change) => control("clock", "POST", change);
export const faults = () => control("faults");
export const plant = (operation, fault) =>
  control("faults", "POST", { operation, when: { next: 1 }, fault });
export const forgetFaults = () => control("faults", "DELETE");
/** The calls after the one of this number. */
export const journalAfter = (number) => control(`journal?after=${number}`);

/**
 * Does something each second while somebody looks, and once more each time it is told to. `lost`
 * is told when the emulator does not answer.
 */
export function eachSecond(what, lost = () => {}) {
  let running = false;
  const now = async () => {
    if (running || document.hidden) {
      return;
    }
    running = true;
    try {
      await what();
      outage.over();
    } catch {
      outage.begin();
      lost();
    } finally {
      running = false;
    }
  };
  setInterval(now, 1000);
  document.addEventListener("visibilitychange", now);
  now();
  return now;
}
