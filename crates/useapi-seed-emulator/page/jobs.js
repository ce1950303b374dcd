// The jobs that exist at the start.

const NOTES = {
  imagine: "imagine job, has a seed",
  button: "button job, has a seed",
  blend: "blend job, has a seed",
  no_account: "has a seed, no configured account",
  progress: "not finished: 400",
  unsupported: "describe job, has no seed: 400",
  no_channel: "without a channel: 400",
  no_discord: "without a Discord token: 400",
  halted: "account halted: 596",
};

/** All jobs with `name`, `id`, `prompt` and `note`: the samples first, then the scenario's. */
export function named({ jobs, prompts }) {
  const names = Object.keys({ ...NOTES, ...jobs }).filter((name) => name in jobs);
  return names.map((name) => {
    const note = Object.hasOwn(NOTES, name) ? NOTES[name] : name;
    return { name, id: jobs[name], prompt: prompts[name] ?? name, note };
  });
}
