// The first two steps: a job is chosen, its seed asked for, and the answer shown.

import { call, meaning } from "./api.js";
import { byId, element, readable } from "./element.js";

/** What the jobs that are always there are good for, by name. */
const SAMPLES = {
  imagine: ["Steampunk cat", "an imagine job: gives its seed"],
  button: ["Steampunk cat, V2", "a button job: gives its seed"],
  blend: ["Dunes and mist", "a blend job: gives its seed"],
  no_account: ["Moss temple", "has no account: gives its seed"],
  progress: ["Harbour at dawn", "not finished yet: 400"],
  unsupported: ["A lighthouse, described", "a verb that has no seed: 400"],
  no_channel: ["Paper boats", "has no channel: 400"],
  no_discord: ["Glass desert", "nobody has a Discord token for it: 400"],
  halted: ["Lantern festival", "its account is halted: 596"],
};

/** Offers the jobs, and tells `submitted` the answer, the token and the job of each submission. */
export function offer({ base_url, token, expired_token, jobs }, submitted) {
  const named = { ...SAMPLES, ...jobs };
  const names = Object.keys(named).filter((name) => name in jobs);
  byId("jobs").append(
    ...names.map((name, index) => {
      const [title, what] = SAMPLES[name] ?? [name, "of the scenario"];
      const choice = element("input", {
        type: "radio",
        name: "job",
        value: jobs[name],
        checked: index === 0,
        change: () => (byId("jobid").value = jobs[name]),
      });
      return element("label", {}, choice, title, element("small", {}, what));
    }),
  );
  byId("jobid").value = jobs[names[0]] ?? "";
  byId("jobid").addEventListener("input", ({ target }) => {
    for (const choice of document.querySelectorAll("[name=job]")) {
      choice.checked = choice.value === target.value;
    }
  });
  byId("token").append(
    element("option", { value: token }, `${token} (accepted)`),
    element("option", { value: expired_token }, `${expired_token} (402)`),
    element("option", { value: "" }, "none (401)"),
  );
  byId("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const token = byId("token").value;
    const jobid = byId("jobid").value;
    byId("call-told").textContent = "Asking…";
    const answer = await call(base_url, token, "POST", "/jobs/seed_async", { jobid });
    show(answer);
    byId("call").scrollIntoView();
    submitted(answer, token, jobid);
  });
}

/** Shows a submission, also one that was made in the reference. */
export function show(answer) {
  byId("call-before").hidden = true;
  byId("call-shown").hidden = false;
  byId("call-told").textContent = meaning(answer);
  byId("request").textContent = answer.request;
  byId("answer").textContent =
    answer.lost === undefined ? `${answer.status}\n\n${readable(answer.text)}` : answer.lost;
}
