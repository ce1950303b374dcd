// The jobs that are always there: what they are called, and what they are good for.

const SAMPLES = {
  imagine: ["Steampunk cat", "an imagine job: has a seed"],
  button: ["Steampunk cat, V2", "made by a button of the first: has a seed"],
  blend: ["Dunes and mist", "a blend of two pictures: has a seed"],
  no_account: ["Moss temple", "its channel has no account: has a seed"],
  progress: ["Harbour at dawn", "not finished yet: 400"],
  unsupported: ["Lighthouse", "a describe job, which has no seed: 400"],
  no_channel: ["Paper boats", "without a channel: 400"],
  no_discord: ["Glass desert", "without a Discord token: 400"],
  halted: ["Lantern festival", "Midjourney has halted its account: 596"],
};

/** All jobs with `name`, `id`, `title` and `what`: the samples first, then the scenario's. */
export function named(jobs) {
  const names = Object.keys({ ...SAMPLES, ...jobs }).filter((name) => name in jobs);
  return names.map((name) => {
    const [title, what] = Object.hasOwn(SAMPLES, name) ? SAMPLES[name] : [name, "of the scenario"];
    return { name, id: jobs[name], title, what };
  });
}
