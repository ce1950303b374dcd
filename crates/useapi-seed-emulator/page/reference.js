// The reference, by Swagger UI, from the API's description; its calls go to the emulator alone.

import { received } from "./api.js";
import { byId } from "./element.js";

export function show({ base_url, token, jobs }, submitted) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", shade);
  shade();
  const fitted = (spec) => ({
    ...spec,
    servers: [{ url: base_url, description: "This emulator" }],
    paths: withSamples(spec.paths, jobs),
  });
  const interface_ = SwaggerUIBundle({
    url: "/_emulator/page/seed_async.yaml",
    domNode: byId("reference"),
    validatorUrl: null,
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
    responseInterceptor: (response) => {
      if (response.url === `${base_url}/jobs/seed_async`) {
        submitted(received("In the reference, below.", response.status, response.text));
      }
      return response;
    },
  });
}

/** The paths, with the emulator's jobs as examples. */
function withSamples(paths, jobs) {
  const examples = (value) =>
    Object.fromEntries(Object.entries(jobs).map(([name, id]) => [name, { summary: name, value: value(id) }]));
  const made = structuredClone(paths);
  made["/jobs/seed_async"].post.requestBody.content["application/json"].examples = {
    ...examples((jobid) => ({ jobid })),
    ...made["/jobs/seed_async"].post.requestBody.content["application/json"].examples,
  };
  for (const path of ["/jobs/", "/jobs/cancel/"]) {
    made[path].get.parameters[0].examples = examples((id) => id);
  }
  return made;
}
