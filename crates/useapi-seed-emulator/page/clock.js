// What the emulator's clock shows, and how fast it runs.

import { byId, element } from "./element.js";
import { changeClock, clock, eachSecond } from "./emulator.js";

const SPEEDS = [1, 10, 60];

export function show() {
  const buttons = SPEEDS.map((speed) =>
    element("button", { type: "button", class: "plain", click: () => run(speed) }, `× ${speed}`),
  );
  byId("speeds").append(...buttons);
  const present = ({ time, speed }) => {
    byId("clock").textContent = time.replace("T", " ").slice(0, 19);
    byId("still").hidden = speed !== null;
    buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(SPEEDS[index] === speed));
    });
  };
  const run = async (speed) => present(await changeClock({ speed }));
  eachSecond(async () => present(await clock()));
}
