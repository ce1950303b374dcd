// The first two steps: a job is chosen, its seed requested, and the response shown.

import { call, meaning } from "./api.js";
import { byId, element, readable } from "./element.js";
import { named } from "./jobs.js";

/** So many jobs are shown without a filter. */
const FEW = 11;

/**
 * Offers the jobs, and calls `submitted` with the response, the token and the job of each
 * submission. Where `isPending` says that it could start a second job, `resume` is called instead.
 */
export function renderForm(service, { isPending, resume, submitted }) {
  const { base_url, token, expired_token } = service;
  const field = byId("jobid");
  const jobs = named(service);
  const choices = jobs.map(({ id, prompt, note }, index) => {
    const choose = () => (field.value = id);
    const choice = element("input", { type: "radio", name: "job", value: id, checked: index === 0, change: choose });
    return element("label", {}, choice, element("span", {}, ...unbroken(prompt)), element("small", {}, note));
  });
  byId("jobs").append(...choices);
  byId("filter-shown").hidden = jobs.length <= FEW;
  byId("filter").addEventListener("input", () => {
    const text = byId("filter").value.toLowerCase();
    const found = choices.filter((choice) => choice.textContent.toLowerCase().includes(text));
    for (const choice of choices) {
      // The keyboard reaches the others by the selected one.
      choice.hidden = !found.includes(choice) && !choice.control.checked;
    }
    byId("filtered").textContent = text === "" ? "" : `${found.length} of ${choices.length} jobs`;
  });
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
  let isSending = false;
  byId("submit").addEventListener("submit", async (event) => {
    event.preventDefault();
    const jobid = field.value.trim();
    if (isSending) {
      return;
    }
    const token = byId("token").value;
    if (isPending(jobid)) {
      byId("submit-text").textContent = "Not sent: a job for this ID may already be running.";
      resume(token, jobid);
    } else {
      isSending = true;
      byId("submit-text").textContent = "Sending…";
      const response = await call(base_url, token, "POST", "/jobs/seed_async", { jobid });
      isSending = false;
      show(response);
      submitted(response, token, jobid);
    }
    // Where a reader continues; and the next key is not for the button.
    byId("response-name").focus();
    byId("response-name").scrollIntoView();
  });
}

/** A prompt whose parameters stay on one line with their values. */
const unbroken = (prompt) =>
  prompt.split(/ (?=--)/).flatMap((part) => [part.startsWith("--") ? element("span", { class: "kept" }, part) : part, " "]);

/** Shows a submission, also one that was made in the reference. */
export function show({ request, status, statusText, duration, headers, text, error, ...response }) {
  byId("submit-hint").hidden = true;
  byId("submit-shown").hidden = false;
  byId("submit-text").textContent = meaning({ status, error, ...response });
  byId("sent").textContent = request;
  const time = `${Math.round(duration)} ms`;
  byId("status").textContent = error === undefined ? `${status} ${statusText}, ${time}` : `No response, ${time}`;
  byId("headers-shown").hidden = error !== undefined;
  byId("headers").textContent = headers?.map((header) => header.join(": ")).join("\n") ?? "";
  byId("received").textContent = error ?? readable(text);
}
