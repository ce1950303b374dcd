// Every request to the emulator, the latest first.

import { byId, element, readable } from "./element.js";
import { eachSecond, requestsAfter } from "./emulator.js";

/** How many are shown. */
const SHOWN = 100;

export function show() {
  let last = 0;
  eachSecond(async () => {
    const latest = await requestsAfter(last);
    if (latest.length === 0) {
      return;
    }
    last = latest.at(-1).number;
    byId("requests-hint").hidden = true;
    const list = byId("requests");
    list.prepend(...latest.slice(-SHOWN).reverse().map(row));
    while (list.children.length > SHOWN) {
      list.lastElementChild.remove();
    }
  });
}

function row({ number, time, method, target, operation, headers, request, status, response, fault }) {
  const good = status !== null && status < 400 && fault === null;
  const outcome = element("span", { class: good ? "status" : "status bad" }, String(status ?? "none"));
  const what = element("span", { class: "what" }, `${method} ${shortName(target, operation)}`);
  const when = element("small", {}, time.slice(11, 19));
  const injected = fault === null ? [] : [element("small", { class: "fault" }, `fault: ${fault.status ?? fault.kind}`)];
  const sent = [`${method} ${target}`, ...headers.map((header) => header.join(": ")), "", readable(request)];
  const parts = [
    fault === null ? "" : `Fault: ${JSON.stringify(fault)}\n\n`,
    sent.join("\n").trimEnd(),
    "\n\n",
    status === null ? "No response was sent." : `${status}\n${readable(response)}`,
  ];
  const name = `Request ${number}, ${operation ?? "unknown"}`;
  return element(
    "li",
    { value: number },
    element(
      "details",
      {},
      element("summary", {}, outcome, what, when, ...injected),
      element("pre", { tabindex: 0, role: "region", "aria-label": name }, parts.join("")),
    ),
  );
}

/** A short name of the target. */
function shortName(target, operation) {
  const [path, query] = target.split("?");
  if (operation === "get_image") {
    return path.slice(path.lastIndexOf("/") + 1);
  }
  const short = path.replace(/^\/v2/, "").replace("/account/midjourney/", "/account/…/");
  return query === undefined ? short : `${short}?…`;
}
