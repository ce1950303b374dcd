// Tabs, after the pattern of the ARIA authoring practices.

import { element } from "./element.js";

/** Fills `list` with tabs for `panel`; `selected` is called with the name of the chosen one. */
export function tabs(list, panel, names, first, selected) {
  const all = names.map((name, index) =>
    element("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": panel.id, click: () => select(index) }, name),
  );
  const select = (chosen) => {
    all.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", all[chosen].id);
    selected(names[chosen]);
  };
  const targets = { ArrowLeft: -1, ArrowRight: 1 };
  list.addEventListener("keydown", (event) => {
    const present = all.indexOf(document.activeElement);
    const step = targets[event.key];
    const ends = { Home: 0, End: all.length - 1 };
    const isPlain = !(event.altKey || event.ctrlKey || event.metaKey);
    const next = step === undefined ? ends[event.key] : (present + step + all.length) % all.length;
    if (isPlain && next !== undefined) {
      event.preventDefault();
      all[next].focus();
      select(next);
    }
  });
  list.append(...all);
  select(Math.max(names.indexOf(first), 0));
}
