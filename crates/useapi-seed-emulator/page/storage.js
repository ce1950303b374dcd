// The session's storage, which survives a reload. Where it is blocked, nothing does.

const memory = new Map();

/** A stored value; undefined if there is none, or one that another program has stored. */
export function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? undefined;
  } catch {
    return memory.get(key);
  }
}

export function write(key, value) {
  memory.set(key, value);
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Kept in memory.
  }
}
