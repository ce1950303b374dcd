// A fault is planted, and met by the next call that it suits.

import { byId, element } from "./element.js";
import { eachSecond, faults, forgetFaults, plant, tryTo } from "./emulator.js";

const POST = "retrieve_seed";
const GET = "get_job";
const PICTURE = "get_image";

const FAULTS = [
  ["POST: its answer is lost", POST, { kind: "reset_after" }],
  ["POST: too many jobs, 429", POST, { kind: "status", status: 429, retry_after: "5" }],
  ["POST: halted account, 596", POST, { kind: "status", status: 596 }],
  ["GET: 503", GET, { kind: "status", status: 503 }],
  ["GET: a page, not JSON", GET, { kind: "html", status: 502 }],
  ["GET: breaks off", GET, { kind: "truncated_body", bytes: 40 }],
  ["GET: takes three seconds", GET, { kind: "latency", milliseconds: 3000 }],
  ["GET: links have expired", GET, { kind: "expired_links" }],
  ["Picture: only its upper part", PICTURE, { kind: "short_body", bytes: 200_000 }],
];

export function show() {
  byId("fault").append(...FAULTS.map(([title], index) => element("option", { value: index }, title)));
  const now = eachSecond(async () => list(await faults()));
  const change = async (what) => {
    await tryTo(what);
    await now();
  };
  byId("plant").addEventListener("submit", (event) => {
    event.preventDefault();
    const [, operation, fault] = FAULTS[byId("fault").value];
    change(() => plant(operation, fault));
  });
  byId("forget").addEventListener("click", () => change(forgetFaults));
}

let shown = "";

function list(planted) {
  // What is as it was is not read aloud again.
  if (shown === JSON.stringify(planted)) {
    return;
  }
  shown = JSON.stringify(planted);
  byId("planted").replaceChildren(
    ...planted.map(({ operation, trigger, fault, hits }) => {
      const waits = trigger.next === undefined ? `at random, met ${hits} times` : hits < trigger.next ? "waits" : "was met";
      return element("li", {}, `${titleOf(operation, fault)} `, element("span", { class: "quiet" }, `(${waits})`));
    }),
  );
}

function titleOf(operation, fault) {
  const text = JSON.stringify(fault);
  const known = FAULTS.find(([, of, planted]) => of === operation && JSON.stringify(planted) === text);
  return known?.[0] ?? `${operation}: ${text}`;
}
