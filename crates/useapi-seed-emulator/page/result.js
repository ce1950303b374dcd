// A seed and its pictures.

import { element } from "./element.js";

/** Shows them; `again` asks for the job once more, whose answer has fresh links. */
export function result({ seed, prompt }, again) {
  const { value, content, attachments = [] } = seed;
  const caption = /^\*\*([^]*?)\*\*/.exec(content ?? "")?.[1] ?? prompt ?? "";
  const bare = caption.replace(/\s--seed\s+\S+/g, "");
  const line = `${bare} --seed ${value}`.trim();
  const code = element("code", { id: "line" }, line);
  const told = element("p", { id: "copied", class: "quiet", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(line);
      told.textContent = "Copied";
    } catch {
      // Where a page may not: select it, for the keyboard to copy.
      getSelection().selectAllChildren(code);
      told.textContent = "Selected; copy it with the keyboard";
    }
  };
  const trouble = element("p", { id: "trouble", role: "status" });
  const failed = () =>
    trouble.replaceChildren(
      "A picture is not whole, or not there: its link has expired, or the host failed. The job gives fresh links. ",
      element("button", { type: "button", class: "plain", click: again }, "Ask for it again"),
    );
  const shown = attachments.map((picture, index) => figure(picture, `Picture ${index + 1}: ${bare}`, failed));
  return [
    element("p", { class: "seed" }, "Seed", element("strong", { id: "seed" }, String(value))),
    element("div", { class: "pictures" }, ...shown),
    trouble,
    element("p", { class: "quiet" }, "The emulator draws landscapes, whatever the prompt says."),
    element("h3", {}, "Pasted into Midjourney, this makes the same pictures again"),
    element(
      "div",
      { class: "paste" },
      code,
      element("button", { type: "button", class: "plain", click: copy }, "Copy"),
    ),
    told,
  ];
}

function figure({ url, width, height, size }, alt, failed) {
  const image = element("img", { alt, width, height });
  const isMissing = () => {
    image.classList.add("missing");
    failed();
  };
  image.addEventListener("error", isMissing);
  // A browser shows a part of a picture as if it were all.
  const observer = new PerformanceObserver((list) => {
    for (const { name, encodedBodySize } of list.getEntries()) {
      if (name === url) {
        observer.disconnect();
        if (encodedBodySize < size) {
          isMissing();
        }
      }
    }
  });
  observer.observe({ type: "resource" });
  image.src = url;
  return element(
    "figure",
    {},
    element("a", { href: url, "aria-label": alt, target: "_blank", rel: "noopener noreferrer" }, image),
    element("figcaption", {}, `${width} × ${height}, ${Math.round(size / 1024)} KiB`),
  );
}
