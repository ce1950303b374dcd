// The session's storage, which survives a reload. Where it is blocked, nothing does.

/** Another program may have had this address in the same session. */
const PREFIX = "useapi-seed.";

const memory = new Map();

/** A stored value; undefined if there is none, or one that is not JSON. */
export function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + key)) ?? undefined;
  } catch {
    return memory.get(key);
  }
}

export function write(key, value) {
  memory.set(key, value);
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Kept in memory.
  }
}
