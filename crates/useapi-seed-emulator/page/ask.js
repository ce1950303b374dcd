// The first two steps: a job is chosen, its seed asked for, and the answer shown.

import { call, meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { named } from "./samples.js";

/**
 * Offers the jobs, and tells `submitted` the answer, the token and the job of each submission.
 * Where `isPending` says that it could start a second job, `resume` is told instead.
 */
export function renderForm({ base_url, token, expired_token, jobs }, { isPending, resume, submitted }) {
  const field = byId("jobid");
  const choices = named(jobs).map(({ id, title, what }, index) => {
    const choose = () => (field.value = id);
    const choice = element("input", { type: "radio", name: "job", value: id, checked: index === 0, change: choose });
    return element("label", {}, choice, title, element("small", {}, what));
  });
  byId("jobs").append(...choices);
  field.value = document.querySelector("[name=job]:checked")?.value ?? "";
  field.addEventListener("input", () => {
    for (const choice of document.querySelectorAll("[name=job]")) {
      choice.checked = choice.value === field.value;
    }
  });
  byId("token").append(
    element("option", { value: token }, `${token} (accepted)`),
    element("option", { value: expired_token }, `${expired_token} (402)`),
    element("option", { value: "" }, "none (401)"),
  );
  let asking = false;
  byId("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const jobid = field.value.trim();
    if (asking) {
      return;
    }
    const token = byId("token").value;
    if (isPending(jobid)) {
      byId("call-told").textContent =
        "Not asked for once more: its seed may be on its way already, and it would be a second job.";
      resume(token, jobid);
    } else {
      asking = true;
      byId("call-told").textContent = "Asking…";
      const answer = await call(base_url, token, "POST", "/jobs/seed_async", { jobid });
      asking = false;
      show(answer);
      submitted(answer, token, jobid);
    }
    // Where a reader goes on; and the next key is not for the button.
    byId("call").focus();
    byId("call").scrollIntoView();
  });
}

/** Shows a submission, also one that was made in the reference. */
export function show(answer) {
  byId("call-before").hidden = true;
  byId("call-shown").hidden = false;
  byId("call-told").textContent = meaning(answer);
  byId("request").textContent = answer.request;
  byId("answer").textContent =
    answer.error === undefined ? `${answer.status}\n\n${readable(answer.text)}` : answer.error;
}
