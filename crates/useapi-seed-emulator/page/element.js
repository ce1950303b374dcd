// Elements. Text is never read as HTML, whatever a response has.

/** An element with these attributes, listeners and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key, value);
    } else if (value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Copies the text of an element, and reports it in another. */
export async function copy(from, status) {
  try {
    await navigator.clipboard.writeText(from.textContent);
    status.textContent = "Copied";
  } catch {
    // Where a page may not: select it, for the keyboard to copy.
    getSelection().selectAllChildren(from);
    status.textContent = "Press Ctrl+C to copy";
  }
}

/** Shows JSON with line breaks, and anything else as it is. */
export function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
