// Puts the page together.

import { call } from "./api.js";
import * as clock from "./clock.js";
import * as controls from "./controls.js";
import { guard, service } from "./emulator.js";
import * as examples from "./examples.js";
import * as faults from "./faults.js";
import * as following from "./follow.js";
import * as outage from "./outage.js";
import * as reference from "./reference.js";
import * as requests from "./requests.js";
import * as submissions from "./submissions.js";
import * as submit from "./submit.js";

outage.listen();
controls.listen();
const info = await guard(service);
if (info !== undefined) {
  // As it was opened: by another name or through a tunnel, too.
  const here = { ...info, base_url: `${location.origin}/v2` };
  const getWith = (token) => (path) => call(here.base_url, token, "GET", path);
  const follow = (token, response, parent) => {
    submissions.setFollowed({ token, response, parent });
    following.follow(getWith(token), response, parent);
  };
  following.listen();
  clock.show();
  faults.show();
  requests.show();
  let followed = submissions.followed();
  // Another emulator does not have it.
  if (followed !== undefined && !(await following.exists(getWith(followed.token), followed.response))) {
    followed = undefined;
  }
  submit.renderForm(here, {
    isPending: submissions.isPending,
    resume: (token, parent) => follow(token, submissions.pending(parent), parent),
    submitted: (response, token, parent) => follow(token, response, parent),
  });
  examples.show(here);
  reference.show(here, (response, parent) => {
    submit.show(response);
    follow(here.token, response, parent);
  });
  if (followed !== undefined) {
    submit.show(followed.response);
    follow(followed.token, followed.response, followed.parent);
  }
}
