// Every call that the emulator has answered, the latest first.

import { byId, element, readable } from "./element.js";
import { eachSecond, journalAfter } from "./emulator.js";

/** How many are shown. */
const SHOWN = 100;

export function show() {
  let last = 0;
  eachSecond(async () => {
    const calls = await journalAfter(last);
    if (calls.length === 0) {
      return;
    }
    last = calls[calls.length - 1].number;
    byId("journal-empty").hidden = true;
    const list = byId("journal");
    list.prepend(...calls.slice(-SHOWN).reverse().map(row));
    while (list.children.length > SHOWN) {
      list.lastElementChild.remove();
    }
  });
}

function row({ number, time, method, target, operation, headers, request, status, response, fault }) {
  const good = status !== null && status < 400 && fault === null;
  const outcome = element("span", { class: good ? "status" : "status bad" }, String(status ?? "none"));
  const what = element("span", { class: "what" }, `${method} ${placeOf(target, operation)}`);
  const when = element("small", {}, time.slice(11, 19));
  const met = fault === null ? [] : [element("small", { class: "met" }, `met ${fault.kind}`)];
  const sent = [`${method} ${target}`, ...headers.map((header) => header.join(": ")), "", readable(request)];
  const parts = [
    fault === null ? "" : `Fault: ${JSON.stringify(fault)}\n\n`,
    sent.join("\n").trimEnd(),
    "\n\n",
    status === null ? "No answer was sent." : `${status}\n${readable(response)}`,
  ];
  const name = `Call ${number}, ${operation ?? "unknown"}`;
  return element(
    "li",
    { value: number },
    element(
      "details",
      {},
      element("summary", {}, outcome, what, when, ...met),
      element("pre", { tabindex: 0, role: "region", "aria-label": name }, parts.join("")),
    ),
  );
}

/** What tells one call from another in few letters. */
function placeOf(target, operation) {
  const [path, query] = target.split("?");
  if (operation === "get_image") {
    return path.slice(path.lastIndexOf("/") + 1);
  }
  const short = path.replace(/^\/v2/, "").replace("/account/midjourney/", "/account/…/");
  return query === undefined ? short : `${short}?…`;
}
