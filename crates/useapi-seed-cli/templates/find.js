// The filter and the order of the page about all jobs.
{
  const list = document.querySelector(".jobs");
  if (list) {
    const filter = document.getElementById("filter");
    const sort = document.getElementById("sort");
    const found = document.getElementById("found");
    const cards = [...list.children].map((element, index) => {
      const title = element.querySelector("h2").textContent;
      const { seed } = element.dataset;
      return { element, index, title, seed: BigInt(seed), text: `${title} ${seed}`.toLowerCase() };
    });
    const collator = new Intl.Collator();
    const orders = {
      newest: (a, b) => a.index - b.index,
      oldest: (a, b) => b.index - a.index,
      prompt: (a, b) => collator.compare(a.title, b.title),
      seed: (a, b) => (a.seed < b.seed ? -1 : Number(a.seed > b.seed)),
    };
    const hide = () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      let count = 0;
      for (const { element, text } of cards) {
        element.hidden = !words.every((word) => text.includes(word));
        count += Number(!element.hidden);
      }
      found.textContent = words.join("") === "" ? "" : `${count} of ${cards.length} jobs`;
    };
    const arrange = () => list.append(...cards.toSorted(orders[sort.value]).map(({ element }) => element));
    filter.addEventListener("input", hide);
    sort.addEventListener("change", arrange);
    // A browser that comes back to the page fills the fields in.
    window.addEventListener("pageshow", () => {
      hide();
      if (sort.value !== "newest") {
        arrange();
      }
    });
  }
}
