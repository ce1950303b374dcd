// A seed and its images.

import { copy, element } from "./element.js";

/** Shows them; `renew` requests the job once more, whose response has fresh links. */
export function result({ seed, prompt }, renew) {
  const { value, content, attachments = [] } = seed;
  const caption = /^\*\*([^]*?)\*\*/.exec(content ?? "")?.[1] ?? prompt ?? "";
  const bare = caption.replace(/\s--seed\s+\S+/g, "");
  const code = element("code", { id: "line" }, `${bare} --seed ${value}`.trim());
  const copied = element("p", { id: "copied", class: "quiet", role: "status" });
  const problem = element("p", { id: "problem", role: "status" });
  const failed = () =>
    problem.replaceChildren(
      "An image is incomplete or missing. ",
      element("button", { type: "button", class: "plain", click: renew }, "Get fresh links"),
    );
  const images = attachments.map((image, index) => figure(image, `Image ${index + 1}: ${bare}`, failed));
  return [
    element("p", { class: "seed" }, "Seed", element("strong", { id: "seed" }, String(value))),
    element("div", { class: "images" }, ...images),
    problem,
    element("p", { class: "quiet" }, "The emulator draws landscapes, whatever the prompt says."),
    element("h3", {}, "Paste into Midjourney to recreate these images"),
    element(
      "div",
      { class: "paste" },
      code,
      element("button", { type: "button", class: "plain", click: () => copy(code, copied) }, "Copy"),
    ),
    copied,
  ];
}

function figure({ url, width, height, size }, alt, failed) {
  const link = element("a", { href: url, "aria-label": alt, target: "_blank", rel: "noopener noreferrer" });
  const load = async () => {
    // Not what an earlier attempt has left in a cache.
    const response = await fetch(url, { cache: "no-store" });
    const image = await response.blob();
    // A browser would show a part of an image as if it were complete.
    if (!response.ok || image.size !== size) {
      throw new Error(`${response.status}, ${image.size} of ${size} bytes`);
    }
    link.append(element("img", { alt, width, height, src: URL.createObjectURL(image), load: (event) => URL.revokeObjectURL(event.target.src) }));
  };
  load().catch(failed);
  return element("figure", {}, link, element("figcaption", {}, `${width} × ${height}, ${Math.round(size / 1024)} KiB`));
}
