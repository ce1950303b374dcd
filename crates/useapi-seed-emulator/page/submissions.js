// Submissions, which survive a reload of the page.

import { read, write } from "./storage.js";

const PENDING = "pending";
const FOLLOWED = "followed";

const all = () => Object.entries(read(PENDING) ?? {});

/** The response to the submission for a job, while its end is not known. */
export const pending = (parent) => new Map(all()).get(parent);
/** Whether one more submission for this job could start a second one. */
export const isPending = (parent) => pending(parent) !== undefined;
export const setPending = (parent, response) => write(PENDING, Object.fromEntries([...all(), [parent, response]]));
export const clearPending = (parent) => write(PENDING, Object.fromEntries(all().filter(([job]) => job !== parent)));

/** What is followed: the token, the response to the submission, and the job whose seed it is. */
export const followed = () => read(FOLLOWED);
export const setFollowed = (value) => write(FOLLOWED, value);

/** Another emulator has none of them. */
export function forget() {
  write(PENDING, null);
  write(FOLLOWED, null);
}
