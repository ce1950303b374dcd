// Injects faults into the next call of an operation.

import { byId, element } from "./element.js";
import { eachSecond, faults, clearFaults, inject, guard } from "./emulator.js";

const POST = "retrieve_seed";
const GET = "get_job";
const IMAGE = "get_image";

const FAULTS = [
  ["POST: response lost", POST, { kind: "reset_after" }],
  ["POST: too many jobs, 429", POST, { kind: "status", status: 429, retry_after: "5" }],
  ["POST: halted account, 596", POST, { kind: "status", status: 596 }],
  ["GET: 503", GET, { kind: "status", status: 503 }],
  ["GET: HTML instead of JSON", GET, { kind: "html", status: 502 }],
  ["GET: truncated", GET, { kind: "truncated_body", bytes: 40 }],
  ["GET: takes three seconds", GET, { kind: "latency", milliseconds: 3000 }],
  ["GET: links have expired", GET, { kind: "expired_links" }],
  ["Image: truncated", IMAGE, { kind: "short_body", bytes: 200_000 }],
];

export function show() {
  byId("fault").append(...FAULTS.map(([title], index) => element("option", { value: index }, title)));
  const now = eachSecond(async () => list(await faults()));
  const change = async (what) => {
    await guard(what);
    await now();
  };
  byId("inject").addEventListener("submit", (event) => {
    event.preventDefault();
    const [, operation, fault] = FAULTS[byId("fault").value];
    change(() => inject(operation, fault));
  });
  byId("clear").addEventListener("click", () => change(clearFaults));
}

let shown = "";

function list(injected) {
  // The same list is not read aloud again.
  if (shown === JSON.stringify(injected)) {
    return;
  }
  shown = JSON.stringify(injected);
  byId("faults").replaceChildren(
    ...injected.map(({ operation, trigger, fault, hits }) => {
      const state = trigger.next === undefined ? `at random, triggered ${hits} times` : hits < trigger.next ? "pending" : "triggered";
      return element("li", {}, `${titleOf(operation, fault)} `, element("span", { class: "quiet" }, `(${state})`));
    }),
  );
}

function titleOf(operation, fault) {
  const text = JSON.stringify(fault);
  const known = FAULTS.find(([, of, injected]) => of === operation && JSON.stringify(injected) === text);
  return known?.[0] ?? `${operation}: ${text}`;
}
