// Shows an image whose thumbnails are missing: some programs do not copy hidden directories.
{
  const showImage = (image) => {
    if (image.hasAttribute("srcset")) {
      image.removeAttribute("srcset");
      image.src = image.dataset.full;
    }
  };
  document.addEventListener("error", ({ target }) => showImage(target), true);
  // Those that failed before this script.
  for (const image of document.images) {
    if (image.complete && image.naturalWidth === 0 && image.currentSrc !== "") {
      showImage(image);
    }
  }
}
