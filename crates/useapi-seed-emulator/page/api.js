// A call of the service, as any program would make it.

/** The timeout of a response. */
const TIMEOUT_MS = 30_000;

/**
 * Calls, and tells what was sent and what came back: `status`, the body's `text`, and `job`,
 * what it says if it is a JSON object; without an answer only `error`.
 */
export async function call(baseUrl, token, method, path, body = undefined) {
  const url = baseUrl + path;
  const headers = {};
  if (token !== "") {
    headers.authorization = `Bearer ${token}`;
  }
  if (body !== undefined) {
    headers["content-type"] = "application/json";
  }
  const sent = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== undefined) {
    sent.push("", JSON.stringify(body, null, 2));
  }
  const request = sent.join("\n");
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
    return received(request, answer.status, await answer.text());
  } catch (error) {
    return { request, error: error.message };
  }
}

/** What came back, whoever asked. */
export function received(request, status, text) {
  let job;
  try {
    const json = JSON.parse(text);
    job = typeof json === "object" && json !== null ? json : undefined;
  } catch {
    job = undefined;
  }
  return { request, status, text, job };
}

/** Whether an answer leaves open what has become of the call. */
export function isUnclear({ error, status, job }) {
  const isHalted = status === 569 || status === 596;
  const isBroken = status === 408 || (status >= 500 && !isHalted && status !== 503);
  return error !== undefined || isBroken || (status === 200 && job === undefined);
}

/** Whether a submission that was answered so may have started a job whose id nobody has told. */
export const mayHaveStarted = (answer) =>
  isUnclear(answer) || (answer.status === 200 && answer.job.jobid === undefined);

/** What an answer means, and what to do next. */
export function meaning(answer) {
  const { error, status, job } = answer;
  if (mayHaveStarted(answer)) {
    const what = error === undefined ? `No answer to use (${status}).` : "No answer came.";
    return `${what} The job may have been started all the same: look before you ask again.`;
  }
  const said = job?.error ? ` (“${job.error}”)` : "";
  switch (status) {
    case 200:
      return job.seed
        ? "The seed was retrieved before: this is the original job, with its seed. Nothing was started."
        : "A job was started. Its jobid is the one to ask for from now on.";
    case 400:
      return `Refused${said}: another request is needed. Nothing was started.`;
    case 401:
      return "The token is missing or not known.";
    case 402:
      return "The token's account has no subscription, or it has run out.";
    case 404:
      return "No job has this id, or it is gone: jobs are kept for 31 days.";
    case 429:
      return "As many jobs are executing as the account may have. Nothing was started: wait, then ask again.";
    case 569:
    case 596:
      return "Midjourney has a moderation message for the account, and everything about it stands still. A person acknowledges it in Discord; then POST /account/midjourney/{channel}/reset, in the reference below.";
    default:
      return `Answered ${status}${said}: the service, or something before it, is out of order. Nothing was started.`;
  }
}
