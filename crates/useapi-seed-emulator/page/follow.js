// The third step: a started job is asked for until it has ended.

import { meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { changeClock } from "./emulator.js";
import { result } from "./result.js";

const SECOND = 1000;
/** The states after which nothing changes any more. */
const ENDS = ["completed", "failed", "cancelled", "moderated"];

/** Counts what was followed: a new job ends the one before. */
let followed = 0;

export function listen() {
  byId("skip").addEventListener("click", () => changeClock({ milliseconds: 15_000 }));
}

/**
 * Goes on from the answer to a submission. `get` asks the service for a path; `parent` is the job
 * whose seed was asked for.
 */
export async function follow(get, answer, parent) {
  followed += 1;
  const me = followed;
  const isOver = () => me !== followed;
  byId("follow-before").hidden = true;
  byId("follow-shown").hidden = false;
  byId("last").hidden = true;
  byId("result").replaceChildren();
  if (answer.lost !== undefined) {
    present("Nobody knows the job's id: it is to be found among those that are executing.");
    const look = async () => {
      const found = await findStarted(get, parent);
      if (isOver()) {
        return;
      }
      if (found === undefined) {
        present("No executing job is for it: it may be asked for again.");
      } else {
        await follow(get, found, parent);
      }
    };
    byId("result").append(element("button", { type: "button", class: "plain", click: look }, "Look for it"));
    return;
  }
  if (answer.status !== 200 || answer.job?.jobid === undefined) {
    present("There is no job to follow.");
    return;
  }
  byId("last").hidden = false;
  const path = pathOf(answer.job.jobid);
  for (let latest = answer, asked = 0; !isOver(); latest = await get(path), asked += 1) {
    byId("last-answer").textContent = latest.lost ?? readable(latest.text);
    const { text, percent, ended } = state(latest);
    present(asked === 0 ? text : `${text} Asked ${asked} ${asked === 1 ? "time" : "times"}.`, percent, ended);
    if (ended) {
      if (latest.job?.seed) {
        byId("result").replaceChildren(...result(latest.job, () => follow(get, answer, parent)));
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, SECOND));
  }
}

const pathOf = (jobid) => `/jobs/?jobid=${encodeURIComponent(jobid)}`;

/** The executing job that was started for this one, as an answer. */
async function findStarted(get, parent) {
  const { text } = await get("/jobs");
  for (const jobid of JSON.parse(text ?? "[]")) {
    const answer = await get(pathOf(jobid));
    if (answer.job?.parentJobId === parent) {
      return answer;
    }
  }
  return undefined;
}

/** What an answer says about the job: in words, in percent, and whether there is more to come. */
function state(answer) {
  const { lost, status, job } = answer;
  if (lost !== undefined || status === 429 || (status >= 500 && status < 569)) {
    return { text: `No answer to use (${status ?? lost}): the job runs on, ask again.`, ended: false };
  }
  if (status !== 200 || job === undefined) {
    return { text: meaning(answer), ended: true };
  }
  if (job.seed) {
    return { text: "Completed.", percent: 100, ended: true };
  }
  const percent = Number(/\((\d+)%\)/.exec(job.content ?? "")?.[1] ?? 0);
  const words = [job.status, percent > 0 ? `, ${percent} %` : "", job.error ? `: ${job.error}` : ""];
  return { text: `${words.join("")}.`, percent, ended: ENDS.includes(job.status) };
}

function present(text, percent = undefined, ended = true) {
  byId("follow-told").textContent = text;
  byId("hurry").hidden = ended;
  const bar = byId("progress");
  bar.hidden = ended && percent === undefined;
  if (percent !== undefined) {
    bar.value = percent;
  }
}
