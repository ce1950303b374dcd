// Retrieves a seed with the client that OpenAPI Generator's `typescript-fetch` makes.

import { Configuration, type Job, JobFromJSON, JobsApi } from "./seed_client";

// Of Node.js, whose types would be another package.
declare const process: {
  argv: string[];
  env: Record<string, string | undefined>;
};

// If these were closed lists, the compiler would not take any string.
const parsed = JobFromJSON({
  status: "paused" as string satisfies Job["status"],
  verb: "remix" as string satisfies Job["verb"],
  seed: { value: 4294967295 },
});
const { status, verb, seed } = parsed;
console.log(
  `parsed: status ${status}, verb ${verb}, seed ${seed?.value}`,
);

async function retrieve(jobid: string): Promise<Job> {
  const jobs = new JobsApi(
    new Configuration({
      basePath: process.env.USEAPI_BASE_URL,
      accessToken: process.env.USEAPI_TOKEN,
    }),
  );
  const started = await jobs.retrieveSeed({ seedRequest: { jobid } });
  for (let poll = 0; poll < 500; poll++) {
    const job = await jobs.getJob({ jobid: started.jobid ?? "" });
    if (job.status !== "started" && job.status !== "progress") {
      return job;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the job does not end");
}

retrieve(process.argv[2] ?? "").then((job) => {
  if (job.status !== "completed") {
    throw new Error(`the job is ${job.status}`);
  }
  console.log(`seed ${job.seed?.value}`);
});
