// The emulator's own routes, beside the service's.

import * as outage from "./outage.js";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 10_000;

/** No answer came. */
class Gone extends Error {}

async function control(path, method = "GET", body = undefined) {
  const request = {
    method,
    body: body && JSON.stringify(body),
    headers: body && { "content-type": "application/json" },
    signal: AbortSignal.timeout(PATIENCE),
  };
  let answer;
  let text;
  try {
    answer = await fetch(`/_emulator/${path}`, request);
    text = await answer.text();
  } catch (cause) {
    throw new Gone(path, { cause });
  }
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
  control("faults", "POST", { operation, trigger: { next: 1 }, fault });
export const forgetFaults = () => control("faults", "DELETE");
/** The calls after the one of this number. */
export const journalAfter = (number) => control(`journal?after=${number}`);

/** Does what may find that the emulator is gone, which is then said. */
export async function tryTo(what) {
  try {
    const done = await what();
    outage.over();
    return done;
  } catch (fault) {
    if (!(fault instanceof Gone)) {
      throw fault;
    }
    outage.begin();
    return undefined;
  }
}

/** Does something each second while somebody looks, and once more each time it is told to. */
export function eachSecond(what) {
  let running = false;
  const now = async () => {
    if (running || document.hidden) {
      return;
    }
    running = true;
    try {
      await tryTo(what);
    } finally {
      running = false;
    }
  };
  setInterval(now, 1000);
  document.addEventListener("visibilitychange", now);
  now();
  return now;
}
