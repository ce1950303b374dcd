// Puts the page together.

import { call } from "./api.js";
import * as ask from "./ask.js";
import * as clock from "./clock.js";
import { byId } from "./element.js";
import { service } from "./emulator.js";
import * as faults from "./faults.js";
import * as following from "./follow.js";
import * as journal from "./journal.js";
import * as outage from "./outage.js";
import * as reference from "./reference.js";

const here = await service();
const follow = (answer, token, parent) =>
  following.follow((path) => call(here.base_url, token, "GET", path), answer, parent);
following.listen();
outage.listen();
ask.offer(here, following.isFollowed, follow);
clock.show();
faults.show();
journal.show();
reference.show(here, (answer) => {
  ask.show(answer);
  follow(answer, here.token);
});
const [first] = Object.values(here.jobs);
byId("terminal").textContent =
  `USEAPI_BASE_URL=${here.base_url} USEAPI_TOKEN=${here.token} useapi-seed fetch ${here.jobs.imagine ?? first}`;
