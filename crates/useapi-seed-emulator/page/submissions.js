// Submissions, in the session's storage: a reload of the page forgets none.

const PENDING = "pending";
const FOLLOWED = "followed";

const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null") ?? undefined;
const write = (key, value) => sessionStorage.setItem(key, JSON.stringify(value));

/** The response to the submission for a job, while its end is not known. */
export const pending = (parent) => read(PENDING)?.[parent];
/** Whether one more submission for this job could start a second one. */
export const isPending = (parent) => pending(parent) !== undefined;
export const setPending = (parent, response) => write(PENDING, { ...read(PENDING), [parent]: response });

export function clearPending(parent) {
  const { [parent]: _, ...others } = read(PENDING) ?? {};
  write(PENDING, others);
}

/** Another emulator knows none of them. */
export function forget() {
  sessionStorage.removeItem(PENDING);
  sessionStorage.removeItem(FOLLOWED);
}

/** What is followed: the token, the response to the submission, and the job whose seed it is. */
export const followed = () => read(FOLLOWED);
export const setFollowed = (value) => write(FOLLOWED, value);
