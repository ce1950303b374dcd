// Retrieves a seed with the client that OpenAPI Generator's `typescript-fetch` makes.

import { Configuration, type Job, JobFromJSON, JobsApi } from "./seed_client";

// Of Node.js, whose types would be another package.
declare const process: {
  argv: string[];
  env: Record<string, string | undefined>;
};

const understood = JobFromJSON({
  status: "paused",
  verb: "remix",
  seed: { value: 4294967295 },
});
// If it were a closed list, the compiler would not take these words.
const word: Job["status"] & Job["verb"] = "any word" as string;
const { status, verb, seed } = understood;
console.log(
  `understood: status ${status}, verb ${verb}, seed ${seed?.value}`,
);

async function retrieve(jobid: string): Promise<Job> {
  const jobs = new JobsApi(
    new Configuration({
      basePath: process.env.USEAPI_BASE_URL,
      accessToken: process.env.USEAPI_TOKEN,
    }),
  );
  const started = await jobs.retrieveSeed({ seedRequest: { jobid } });
  for (;;) {
    const job = await jobs.getJob({ jobid: started.jobid ?? "" });
    if (job.status !== "started" && job.status !== "progress") {
      return job;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

retrieve(process.argv[2] ?? "").then((job) => {
  if (job.status !== "completed") {
    throw new Error(`the job is ${job.status}, not ${word}`);
  }
  console.log(`seed ${job.seed?.value}`);
});
