// A seed and its pictures.

import { element } from "./element.js";

/** Shows them; `again` asks for the job once more, whose answer has fresh links. */
export function result({ seed, prompt }, again) {
  const { value, content, attachments = [] } = seed;
  const caption = /^\*\*([^]*?)\*\*/.exec(content ?? "")?.[1] ?? prompt ?? "";
  const bare = caption.replace(/\s--seed\s+\S+/g, "");
  const line = `${bare} --seed ${value}`.trim();
  const told = element("p", { class: "quiet", role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    told.textContent = "Copied";
  };
  const failed = () =>
    told.replaceChildren(
      "A picture is not whole, or not there: its link has expired, or the host failed. The job gives fresh links. ",
      element("button", { type: "button", class: "plain", click: again }, "Ask for it again"),
    );
  const shown = attachments.map((picture, index) => figure(picture, `Picture ${index + 1}: ${bare}`, failed));
  return [
    element("p", { class: "seed" }, "Seed", element("strong", { id: "seed" }, String(value))),
    element("div", { class: "pictures" }, ...shown),
    element("p", { class: "quiet" }, "The emulator draws landscapes, whatever the prompt says."),
    element("h3", {}, "Pasted into Midjourney, this makes the same pictures again"),
    element(
      "div",
      { class: "paste" },
      element("code", { id: "line" }, line),
      element("button", { type: "button", class: "plain", click: copy }, "Copy"),
    ),
    told,
  ];
}

function figure({ url, width, height, size }, alt, failed) {
  const image = element("img", { src: url, alt, width, height });
  // Which fails, too, for one that ends too early.
  image.decode().catch(() => {
    image.classList.add("missing");
    failed();
  });
  return element(
    "figure",
    {},
    element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, image),
    element("figcaption", {}, `${width} × ${height}, ${Math.round(size / 1024)} KiB`),
  );
}
