// The links to sections. On a narrow screen some lead into the drawer.

import { byId } from "./element.js";

export function listen() {
  const drawer = byId("controls");
  for (const link of document.querySelectorAll(".skip, .sections a")) {
    const section = document.querySelector(link.hash);
    link.addEventListener("click", () => {
      if (drawer.contains(section) && !section.checkVisibility()) {
        drawer.showPopover({ source: link });
      }
      section.focus();
    });
  }
}
