// The third step: a started job is polled until it has ended.

import { isUnclear, mayHaveStarted, meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { changeClock, guard } from "./emulator.js";
import { result } from "./result.js";
import * as submissions from "./submissions.js";

const SECOND = 1000;
/** The states after which nothing changes any more. */
const ENDS = ["completed", "failed", "cancelled", "moderated"];

/** What is followed now: another one ends it. */
let present;

export function listen() {
  byId("skip").addEventListener("click", () => guard(() => changeClock({ milliseconds: 15_000 })));
}

/** Whether a submission can still be followed. Only 404 says that it cannot. */
export async function exists(get, response) {
  const jobid = response.job?.jobid;
  return mayHaveStarted(response) || (jobid !== undefined && (await get(pathOf(jobid))).status !== 404);
}

/**
 * Continues from the response to a submission. `get` requests a path from the service; `parent` is
 * the job whose seed was requested.
 */
export async function follow(get, response, parent) {
  const me = {};
  present = me;
  byId("follow-hint").hidden = true;
  byId("follow-shown").hidden = false;
  byId("latest").hidden = true;
  replaceResult();
  if (mayHaveStarted(response)) {
    submissions.setPending(parent, response);
    offerSearch(get, parent);
  } else if (response.status === 200) {
    submissions.setPending(parent, response);
    await watch(me, get, response.job.jobid, response, parent);
  } else {
    report("No job was started.");
  }
}

/** Polls a job until it has ended, or something else is followed; `latest` is the latest response. */
async function watch(me, get, jobid, latest, parent) {
  byId("latest").hidden = false;
  for (let polls = 0; present === me; polls += 1) {
    byId("latest-response").textContent = latest.error ?? readable(latest.text);
    const { text, percent, ended } = state(latest);
    report(text, polls, percent, ended);
    if (ended) {
      // A rejected poll, as by another token, says nothing about the job.
      if (latest.status === 200 || latest.status === 404) {
        submissions.clearPending(parent);
      }
      if (latest.job?.seed) {
        const again = async () => watch(me, get, jobid, await get(pathOf(jobid)), parent);
        replaceResult(...result(latest.job, again));
        showImages();
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, SECOND));
    latest = await get(pathOf(jobid));
  }
}

const pathOf = (jobid) => `/jobs/?jobid=${encodeURIComponent(jobid)}`;

/** Where a response was lost, the job is to be found among those that are running. */
function offerSearch(get, parent) {
  report("The response was lost. A job may be running.");
  const find = async () => {
    const { found, isSure } = await findStarted(get, parent);
    if (found !== undefined) {
      await follow(get, found, parent);
    } else if (isSure) {
      submissions.clearPending(parent);
      report("No job is running for it. You can try again.");
      replaceResult();
    } else {
      report("Could not check all running jobs. Check again before retrying.");
    }
  };
  replaceResult(element("button", { type: "button", class: "plain", click: find }, "Find it"));
}

/**
 * A response with the running job that was started for this one, or with this one's seed, where
 * that job has ended already; or whether there is neither.
 */
async function findStarted(get, parent) {
  const list = await get("/jobs");
  let isSure = list.status === 200 && Array.isArray(list.job);
  const running = isSure ? list.job : [];
  for (const jobid of [...running, parent]) {
    const response = await get(pathOf(jobid));
    if (response.job?.parentJobId === parent || (jobid === parent && response.job?.seed)) {
      return { found: response };
    }
    isSure &&= response.status === 200;
  }
  return { isSure };
}

/** The state of the job in a response: as text, in percent, and whether it is final. */
function state(response) {
  const { error, status, job } = response;
  if (isUnclear(response) || status === 429 || status === 503) {
    return { text: `No usable response (${error ?? status}). The job may be fine; poll again.`, ended: false };
  }
  if (status !== 200) {
    return { text: meaning(response), ended: true };
  }
  if (job.seed) {
    return { text: "Completed.", percent: 100, ended: true };
  }
  if (ENDS.includes(job.status)) {
    const why = job.error ? ` (${job.error})` : "";
    return { text: `The job has ended without a seed: ${job.status}${why}.`, ended: true };
  }
  const percent = Number(/\((\d+)%\)/.exec(job.content ?? "")?.[1] ?? 0);
  return { text: percent > 0 ? "In progress." : "Started.", percent, ended: false };
}

/** Shows the state of the job, with a bar while it runs and when it is complete. */
function report(text, polls = 0, percent = undefined, ended = true) {
  // The same text is not read aloud again.
  if (byId("follow-text").textContent !== text) {
    byId("follow-text").textContent = text;
  }
  // Beside it, since it changes each second.
  const share = percent > 0 && percent < 100 ? `${percent}%. ` : "";
  byId("polled").textContent = polls === 0 ? "" : `${share}Polled ${polls} ${polls === 1 ? "time" : "times"}`;
  keepFocus(byId("skip-shown"), () => (byId("skip-shown").hidden = ended));
  const bar = byId("progress");
  bar.hidden = ended && percent === undefined;
  if (percent !== undefined) {
    bar.value = percent;
  }
}

function replaceResult(...parts) {
  keepFocus(byId("result"), () => byId("result").replaceChildren(...parts));
}

/** When the focused element goes away, the step gets the focus. */
function keepFocus(parent, change) {
  const had = parent.contains(document.activeElement);
  change();
  if (had && (parent.hidden || !parent.contains(document.activeElement))) {
    byId("follow").focus({ preventScroll: true });
  }
}

/** Brings the images into view if the step is in view. */
function showImages() {
  const { top } = byId("follow").getBoundingClientRect();
  if (top > 0 && top < innerHeight) {
    byId("follow").scrollIntoView();
  }
}
