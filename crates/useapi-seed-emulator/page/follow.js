// The third step: a started job is asked for until it has ended.

import { isUnclear, mayHaveStarted, meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { changeClock, guard } from "./emulator.js";
import { result } from "./result.js";

const SECOND = 1000;
/** The states after which nothing changes any more. */
const ENDS = ["completed", "failed", "cancelled", "moderated"];

/** Answers to submissions whose end is not known, by the job whose seed was asked for. */
const open = new Map();
/** What is followed now: another one ends it. */
let present;

export function listen() {
  byId("skip").addEventListener("click", () => guard(() => changeClock({ milliseconds: 15_000 })));
}

/** Whether one more submission for this job could start a second one. */
export const isPending = (parent) => open.has(parent);

/** Goes on from what was submitted for this job. */
export const resume = (get, parent) => follow(get, open.get(parent), parent);

/**
 * Goes on from the answer to a submission. `get` asks the service for a path; `parent` is the job
 * whose seed was asked for.
 */
export async function follow(get, answer, parent) {
  const me = {};
  present = me;
  byId("follow-before").hidden = true;
  byId("follow-shown").hidden = false;
  byId("last").hidden = true;
  replaceResult();
  if (mayHaveStarted(answer)) {
    open.set(parent, answer);
    offerSearch(get, parent);
  } else if (answer.status === 200) {
    open.set(parent, answer);
    await watch(me, get, answer.job.jobid, answer, parent);
  } else {
    tell("There is no job to follow.");
  }
}

/** Asks for a job until it has ended, or something else is followed; `latest` is what is known. */
async function watch(me, get, jobid, latest, parent) {
  byId("last").hidden = false;
  for (let asked = 0; present === me; asked += 1) {
    byId("last-answer").textContent = latest.error ?? readable(latest.text);
    const { text, percent, ended } = state(latest);
    tell(text, asked, percent, ended);
    if (ended) {
      open.delete(parent);
      if (latest.job?.seed) {
        const again = async () => watch(me, get, jobid, await get(pathOf(jobid)), parent);
        replaceResult(...result(latest.job, again));
        showPictures();
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, SECOND));
    latest = await get(pathOf(jobid));
  }
}

const pathOf = (jobid) => `/jobs/?jobid=${encodeURIComponent(jobid)}`;

/** Where an answer was lost, the job is to be found among those that are executing. */
function offerSearch(get, parent) {
  tell("Nobody has told the job's id. If it was started, it is among those that are executing.");
  const look = async () => {
    const { found, isSure } = await findStarted(get, parent);
    if (found !== undefined) {
      await follow(get, found, parent);
    } else if (isSure) {
      open.delete(parent);
      tell("No executing job is for it, and it has no seed: it may be asked for again.");
      replaceResult();
    } else {
      tell("Could not look at all of them. Look again before anything is asked for again.");
    }
  };
  replaceResult(element("button", { type: "button", class: "plain", click: look }, "Look for it"));
}

/**
 * An answer that has the executing job that was started for this one, or this one's seed, where
 * that job has ended already; or whether there is neither.
 */
async function findStarted(get, parent) {
  const list = await get("/jobs");
  let isSure = list.status === 200 && Array.isArray(list.job);
  const looks = isSure ? list.job : [];
  for (const jobid of [...looks, parent]) {
    const answer = await get(pathOf(jobid));
    if (answer.job?.parentJobId === parent || (jobid === parent && answer.job?.seed)) {
      return { found: answer };
    }
    isSure &&= answer.status === 200;
  }
  return { isSure };
}

/** What an answer says about the job: in words, in percent, and whether there is more to come. */
function state(answer) {
  const { error, status, job } = answer;
  if (isUnclear(answer) || status === 429 || status === 503) {
    return { text: `No answer to use (${error ?? status}), which says nothing about the job: ask again.`, ended: false };
  }
  if (status !== 200) {
    return { text: meaning(answer), ended: true };
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

/** Says how it is, and as a bar, if there is more to come or it is whole. */
function tell(text, asked = 0, percent = undefined, ended = true) {
  // What is as it was is not read aloud again.
  if (byId("follow-told").textContent !== text) {
    byId("follow-told").textContent = text;
  }
  // Beside it, since it changes each second.
  const share = percent > 0 && percent < 100 ? `${percent} %. ` : "";
  byId("asked").textContent = asked === 0 ? "" : `${share}Asked ${asked} ${asked === 1 ? "time" : "times"}.`;
  keepFocus(byId("hurry"), () => (byId("hurry").hidden = ended));
  const bar = byId("progress");
  bar.hidden = ended && percent === undefined;
  if (percent !== undefined) {
    bar.value = percent;
  }
}

function replaceResult(...parts) {
  keepFocus(byId("result"), () => byId("result").replaceChildren(...parts));
}

/** Where what has the focus goes away, the step has it. */
function keepFocus(place, change) {
  const had = place.contains(document.activeElement);
  change();
  if (had && (place.hidden || !place.contains(document.activeElement))) {
    byId("follow").focus({ preventScroll: true });
  }
}

/** Brings the pictures into view for who is looking at the step. */
function showPictures() {
  const { top } = byId("follow").getBoundingClientRect();
  if (top > 0 && top < innerHeight) {
    byId("follow").scrollIntoView();
  }
}
