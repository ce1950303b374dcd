// The reference, by Swagger UI, from the API specification. Its requests go to the emulator alone.

import { received } from "./api.js";
import { byId } from "./element.js";
import { named } from "./jobs.js";

export function show(service, submitted) {
  const { base_url, token } = service;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", shade);
  shade();
  const fitted = (spec) => ({
    ...spec,
    servers: [{ url: base_url, description: "This emulator" }],
    paths: withSamples(spec.paths, named(service)),
  });
  const reference = byId("reference");
  const submission = `${base_url}/jobs/seed_async`;
  let parent;
  let start;
  new MutationObserver(() => completeParts(reference)).observe(reference, { childList: true, subtree: true });
  const interface_ = SwaggerUIBundle({
    url: "/_emulator/page/seed_async.yaml",
    domNode: reference,
    validatorUrl: null,
    syntaxHighlight: { activated: false },
    tryItOutEnabled: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    plugins: [
      {
        statePlugins: {
          spec: {
            wrapActions: { updateJsonSpec: (original) => (spec) => original(fitted(spec)) },
          },
        },
      },
    ],
    onComplete: () => interface_.preauthorizeApiKey("apiToken", token),
    requestInterceptor: (request) => {
      if (request.url === submission) {
        start = performance.now();
        parent = parentOf(request.body);
      }
      return request;
    },
    responseInterceptor: (response) => {
      if (response.url === submission) {
        const { status, statusText, headers, text } = response;
        const duration = performance.now() - start;
        const request = "See the reference below.";
        submitted(received({ request, status, statusText, headers: Object.entries(headers), text, duration }), parent);
      }
      return response;
    },
  });
}

/** The job whose seed a body requests, whatever was typed there. */
function parentOf(body) {
  try {
    return JSON.parse(body).jobid;
  } catch {
    return undefined;
  }
}

/** What Swagger UI leaves without a name for screen readers. */
const NAMES = {
  "select.content-type": "Media type",
  "select.examples-select-element": "Example",
  "textarea.body-param__text": "Body",
  ".copy-to-clipboard button": "Copy",
  ".model-box-control": "Fields",
};

function completeParts(reference) {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const part of reference.querySelectorAll(`${selector}:not([aria-label])`)) {
      // Some have a text, which is their name.
      if (part.tagName !== "BUTTON" || part.textContent.trim() === "") {
        part.setAttribute("aria-label", name);
      }
    }
  }
  for (const part of reference.querySelectorAll("[id$=_responses]:not([aria-label])")) {
    part.setAttribute("aria-label", part.id);
  }
  // What scrolls can be reached by keys.
  for (const part of reference.querySelectorAll(".microlight:not([tabindex]), .curl:not([tabindex])")) {
    part.tabIndex = 0;
  }
}

/** The paths, with the emulator's jobs and channels as examples. */
function withSamples(paths, all) {
  const examples = (value) =>
    Object.fromEntries(all.map(({ name, id, prompt, note }) => [name, { summary: `${prompt}, ${note}`, value: value(id) }]));
  const made = structuredClone(paths);
  made["/jobs/seed_async"].post.requestBody.content["application/json"].examples = {
    ...examples((jobid) => ({ jobid })),
    ...made["/jobs/seed_async"].post.requestBody.content["application/json"].examples,
  };
  for (const path of ["/jobs/", "/jobs/cancel/"]) {
    made[path].get.parameters[0].examples = examples((id) => id);
  }
  const channels = new Set(all.map(({ id }) => id.split("-channel:")[1]));
  made["/account/midjourney/{channel}/reset"].post.parameters[0].examples = Object.fromEntries(
    [...channels].map((channel) => [channel, { value: channel }]),
  );
  return made;
}
