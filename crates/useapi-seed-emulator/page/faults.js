// Bad days: a fault is planted, and met by the next call that it suits.

import { byId, element } from "./element.js";
import { eachSecond, faults, forgetFaults, plant } from "./emulator.js";

const SUBMISSION = "retrieve_seed";
const LOOK = "get_job";
const PICTURE = "get_image";

// A reset would not do for a lost answer: a browser sends a call again by itself, a POST too,
// when a connection that was used before is reset.
const FAULTS = [
  ["Submission: its answer is lost", SUBMISSION, { kind: "cut", bytes: 0 }],
  ["Submission: too many, 429", SUBMISSION, { kind: "status", status: 429, retry_after: "5" }],
  ["Submission: halted, 596", SUBMISSION, { kind: "status", status: 596 }],
  ["Look: 503", LOOK, { kind: "status", status: 503 }],
  ["Look: a page, not JSON", LOOK, { kind: "html", status: 502 }],
  ["Look: breaks off", LOOK, { kind: "cut", bytes: 40 }],
  ["Look: takes three seconds", LOOK, { kind: "latency", milliseconds: 3000 }],
  ["Look: links have expired", LOOK, { kind: "expired_links" }],
  ["Picture: only its upper part", PICTURE, { kind: "truncated", bytes: 200_000 }],
];

export function show() {
  byId("fault").append(...FAULTS.map(([title], index) => element("option", { value: index }, title)));
  const now = eachSecond(async () => list(await faults()));
  const tell = (text) => (byId("fault-told").textContent = text);
  const done = async (what, text) => {
    try {
      await what();
      tell(text);
    } catch (fault) {
      tell(fault.message);
    }
    await now();
  };
  byId("plant").addEventListener("submit", (event) => {
    event.preventDefault();
    const [, operation, fault] = FAULTS[byId("fault").value];
    done(() => plant(operation, fault), "Planted: the next such call meets it.");
  });
  byId("forget").addEventListener("click", () => done(forgetFaults, "Forgotten."));
}

function list(planted) {
  byId("planted").replaceChildren(
    ...planted.map(({ operation, when, fault, used }) => {
      const { kind, ...particulars } = fault;
      const how = Object.values(particulars).map(String).join(", ");
      const of = when.next === undefined ? "by chance" : `of ${when.next}`;
      return element("li", {}, `${operation}: ${kind} ${how} `, element("span", { class: "quiet" }, `met ${used} ${of}`));
    }),
  );
}
