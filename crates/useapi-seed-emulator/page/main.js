// Puts the page together.

import { call } from "./api.js";
import * as ask from "./ask.js";
import * as clock from "./clock.js";
import { byId } from "./element.js";
import { service, guard } from "./emulator.js";
import * as faults from "./faults.js";
import * as following from "./follow.js";
import * as journal from "./journal.js";
import * as outage from "./outage.js";
import * as reference from "./reference.js";

outage.listen();
const told = await guard(service);
if (told !== undefined) {
  // As it was asked for: by another name or through a tunnel, too.
  const here = { ...told, base_url: `${location.origin}/v2` };
  const getWith = (token) => (path) => call(here.base_url, token, "GET", path);
  following.listen();
  ask.renderForm(here, {
    isPending: following.isPending,
    resume: (token, parent) => following.resume(getWith(token), parent),
    submitted: (answer, token, parent) => following.follow(getWith(token), answer, parent),
  });
  clock.show();
  faults.show();
  journal.show();
  reference.show(here, (answer, parent) => {
    ask.show(answer);
    following.follow(getWith(here.token), answer, parent);
  });
  const job = here.jobs.imagine ?? Object.values(here.jobs)[0];
  byId("terminal").textContent =
    `USEAPI_BASE_URL=${here.base_url} USEAPI_TOKEN=${here.token} useapi-seed fetch ${job}`;
}
