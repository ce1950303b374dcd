// Opens images in place. Without scripts their links lead to the page or the file.
{
  const viewer = document.getElementById("viewer");
  const shown = Object.assign(new Image(), { id: "viewer-image", draggable: false });
  const caption = document.getElementById("viewer-caption");
  const download = document.getElementById("viewer-download");
  let current;

  // What the filter hides is left out, and the order is that of the page.
  const images = () => [...document.querySelectorAll("[data-full]")].filter((image) => !image.closest("[hidden]"));
  const jobOf = (image) => image?.closest("li, main");
  const show = (image) => {
    if (!image) {
      return;
    }
    current = image;
    const title = jobOf(image).querySelector("h2 a")?.textContent ?? document.title;
    shown.src = download.href = image.dataset.full;
    shown.alt = `${image.dataset.name}: ${title}`;
    caption.textContent = shown.alt;
    const all = images();
    for (const button of viewer.querySelectorAll("[data-image], [data-job]")) {
      button.disabled = !target(button, all);
    }
    const next = all[all.indexOf(image) + 1];
    if (next) {
      // Loads it in advance.
      new Image().src = next.dataset.full;
    }
  };
  // Where a button leads: so many images, or to the first image of the job before or after.
  const target = ({ dataset }, all = images()) => {
    const index = all.indexOf(current);
    if (dataset.image) {
      return all[index + Number(dataset.image)];
    }
    const jobs = [...new Set(all.map(jobOf))];
    const job = jobs[jobs.indexOf(jobOf(current)) + Number(dataset.job)];
    return all.find((image) => jobOf(image) === job);
  };
  const press = (selector) => viewer.querySelector(selector).click();

  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a:has([data-full])");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && isPlain) {
      event.preventDefault();
      show(event.target.closest("[data-full]") ?? link.querySelector("[data-full]"));
      viewer.prepend(shown);
      viewer.showModal();
    }
  });
  viewer.addEventListener("click", ({ target: clicked }) => {
    const button = clicked.closest("[data-image], [data-job]");
    if (button) {
      show(target(button));
    } else if (clicked === viewer || clicked.id === "viewer-close") {
      viewer.close();
    }
  });
  // Of the document: a button that is no longer shown has lost the focus.
  document.addEventListener("keydown", ({ key, altKey }) => {
    if (viewer.open && !altKey && (key === "ArrowLeft" || key === "ArrowRight")) {
      press(`[data-image="${key === "ArrowLeft" ? -1 : 1}"]`);
    }
  });
  viewer.addEventListener("close", () => {
    shown.remove();
    const link = current.closest("a");
    link.scrollIntoView({ block: "nearest" });
    link.focus({ preventScroll: true });
  });
  let start;
  shown.addEventListener("pointerdown", ({ clientX }) => (start = clientX));
  shown.addEventListener("pointerup", ({ clientX }) => {
    if (Math.abs(clientX - start) > 40) {
      press(`[data-image="${clientX > start ? -1 : 1}"]`);
    }
  });
}
