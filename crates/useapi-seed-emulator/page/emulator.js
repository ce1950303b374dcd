// The emulator's own routes, beside the service's.

import * as outage from "./outage.js";

/** The timeout of a response. */
const TIMEOUT_MS = 10_000;

/** There was no response. */
class Offline extends Error {}

async function control(path, method = "GET", body = undefined) {
  const request = {
    method,
    body: body && JSON.stringify(body),
    headers: body && { "content-type": "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  let response;
  let text;
  try {
    response = await fetch(`/_emulator/${path}`, request);
    text = await response.text();
  } catch (cause) {
    throw new Offline(path, { cause });
  }
  const json = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) {
    throw new Error(json?.error ?? `the emulator responded with ${response.status}`);
  }
  return json;
}

/** URLs, tokens, and the jobs that existed at the start, with their prompts. */
export const service = () => control("service");
export const clock = () => control("clock");
export const changeClock = (change) => control("clock", "POST", change);
export const faults = () => control("faults");
export const inject = (operation, fault) =>
  control("faults", "POST", { operation, trigger: { next: 1 }, fault });
export const clearFaults = () => control("faults", "DELETE");
/** The requests after the one of this number. */
export const requestsAfter = (number) => control(`journal?after=${number}`);

/** Calls a function, and reports when the emulator does not respond to it. */
export async function guard(what) {
  try {
    const done = await what();
    outage.over();
    return done;
  } catch (error) {
    if (!(error instanceof Offline)) {
      throw error;
    }
    outage.begin();
    return undefined;
  }
}

/** Calls a function each second while the page is visible. Returns one that does so at once. */
export function eachSecond(what) {
  let running = false;
  const now = async () => {
    if (running || document.hidden) {
      return;
    }
    running = true;
    try {
      await guard(what);
    } finally {
      running = false;
    }
  };
  setInterval(now, 1000);
  document.addEventListener("visibilitychange", now);
  now();
  return now;
}
