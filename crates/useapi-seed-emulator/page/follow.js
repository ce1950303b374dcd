// The third step: a started job is asked for until it has ended.

import { meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { changeClock } from "./emulator.js";
import { result } from "./result.js";

const SECOND = 1000;
/** The states after which nothing changes any more. */
const ENDS = ["completed", "failed", "cancelled", "moderated"];

/** What is followed: another one ends it. */
let present = { parent: undefined, runs: false };

export function listen() {
  byId("skip").addEventListener("click", () => changeClock({ milliseconds: 15_000 }));
}

/** Whether the seed of this job is on its way. */
export const isFollowed = (parent) => present.runs && present.parent === parent;

/**
 * Goes on from the answer to a submission. `get` asks the service for a path; `parent` is the job
 * whose seed was asked for.
 */
export async function follow(get, answer, parent) {
  const me = { parent, runs: true };
  present.runs = false;
  present = me;
  byId("follow-before").hidden = true;
  byId("follow-shown").hidden = false;
  byId("last").hidden = true;
  replaceResult();
  if (answer.lost !== undefined) {
    me.runs = false;
    offerToLook(get, parent);
    return;
  }
  if (answer.status !== 200 || answer.job?.jobid === undefined) {
    me.runs = false;
    tell("There is no job to follow.");
    return;
  }
  byId("last").hidden = false;
  const path = pathOf(answer.job.jobid);
  for (let latest = answer, asked = 0; me.runs; latest = await get(path), asked += 1) {
    byId("last-answer").textContent = latest.lost ?? readable(latest.text);
    const { text, percent, ended } = state(latest);
    tell(text, asked, percent, ended);
    if (ended) {
      me.runs = false;
      if (latest.job?.seed) {
        replaceResult(...result(latest.job, () => follow(get, answer, parent)));
        showPictures();
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, SECOND));
  }
}

const pathOf = (jobid) => `/jobs/?jobid=${encodeURIComponent(jobid)}`;

/** Where an answer was lost, the job is to be found among those that are executing. */
function offerToLook(get, parent) {
  tell("Nobody has told the job's id. If it was started, it is among those that are executing.");
  const look = async () => {
    const { found, isSure } = await findStarted(get, parent);
    if (found !== undefined) {
      await follow(get, found, parent);
    } else if (isSure) {
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
  let isSure = list.status === 200;
  const looks = isSure ? JSON.parse(list.text) : [];
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
  const { lost, status, job } = answer;
  if (lost !== undefined || status === 429 || (status >= 500 && status < 569)) {
    return { text: `No answer to use (${status ?? lost}), which says nothing about the job: ask again.`, ended: false };
  }
  if (status !== 200 || job === undefined) {
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
  return { text: percent > 0 ? `In progress: ${percent} %.` : "Started.", percent, ended: false };
}

/** Says how it is, and as a bar, if there is more to come or it is whole. */
function tell(text, asked = 0, percent = undefined, ended = true) {
  // What is as it was is not read aloud again.
  if (byId("follow-told").textContent !== text) {
    byId("follow-told").textContent = text;
  }
  byId("asked").textContent = asked === 0 ? "" : `Asked ${asked} ${asked === 1 ? "time" : "times"}.`;
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
  if (had && document.activeElement === document.body) {
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
