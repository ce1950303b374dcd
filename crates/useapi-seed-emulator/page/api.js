// A request to the service, as any program would send it.

/** The timeout of a response. */
const TIMEOUT_MS = 30_000;

/**
 * Sends a request, and returns it as text with the response: `status`, `headers`, the body's
 * `text`, and `job`, which is the body if it is a JSON object; without a response only `error`.
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
  const start = performance.now();
  const duration = () => performance.now() - start;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
    const text = await response.text();
    const { status, statusText } = response;
    return received({ request, status, statusText, headers: [...response.headers], text, duration: duration() });
  } catch (error) {
    return { request, error: error.message, duration: duration() };
  }
}

/** A response with the `job` in its body. */
export function received(response) {
  let job;
  try {
    const json = JSON.parse(response.text);
    job = typeof json === "object" && json !== null ? json : undefined;
  } catch {
    job = undefined;
  }
  return { ...response, job };
}

/** Whether a response leaves open what the request has done. */
export function isUnclear({ error, status, job }) {
  const isHalted = status === 569 || status === 596;
  const isBroken = status === 408 || (status >= 500 && !isHalted && status !== 503);
  return error !== undefined || isBroken || (status === 200 && job === undefined);
}

/** Whether a submission with this response may have started a job whose ID is unknown. */
export const mayHaveStarted = (response) =>
  isUnclear(response) || (response.status === 200 && response.job.jobid === undefined);

/** What a response means, and what to do next. */
export function meaning(response) {
  const { error, status, job } = response;
  if (mayHaveStarted(response)) {
    const what = error === undefined ? `No usable response (${status}).` : "No response.";
    return `${what} A job may be running: find it before you send the request again.`;
  }
  const message = job?.error ? ` (“${job.error}”)` : "";
  switch (status) {
    case 200:
      return job.seed
        ? "Seed already available. No job was started."
        : "Job started. Poll this jobid.";
    case 400:
      return `Rejected${message}. Nothing was started.`;
    case 401:
      return "Token missing or unknown.";
    case 402:
      return "No active subscription.";
    case 404:
      return "Job not found. Jobs are kept for at least 31 days.";
    case 429:
      return "Job limit reached. Nothing was started; try again later.";
    case 569:
    case 596:
      return "Account halted. Acknowledge the message in Discord, then call POST /account/midjourney/{channel}/reset (reference below).";
    default:
      return `Error ${status}${message} of the service or a gateway. Nothing was started.`;
  }
}
