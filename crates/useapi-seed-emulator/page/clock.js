// What the emulator's clock shows, and how fast it runs.

import { byId, element } from "./element.js";
import { changeClock, clock, eachSecond, guard } from "./emulator.js";
import { forget } from "./submissions.js";

const SPEEDS = [1, 10, 60];

export function show() {
  const buttons = SPEEDS.map((speed) =>
    element("button", { type: "button", class: "plain", click: () => run(speed) }, `× ${speed}`),
  );
  byId("speeds").append(...buttons);
  let latest = "";
  const present = ({ time, time_scale }) => {
    // A clock never goes back: this is another emulator, without the jobs that are shown.
    if (time < latest) {
      forget();
      location.reload();
    }
    latest = time;
    byId("clock").textContent = time.replace("T", " ").slice(0, 19);
    byId("paused").hidden = time_scale !== null;
    buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(SPEEDS[index] === time_scale));
    });
  };
  const run = (speed) => guard(async () => present(await changeClock({ time_scale: speed })));
  eachSecond(async () => present(await clock()));
}
