"""Retrieves a seed with the client that OpenAPI Generator's `python` makes."""

import os
import sys
import time

from seed_client import ApiClient, Configuration, Job, JobsApi, SeedRequest

parsed = Job.from_dict({"status": "paused", "verb": "remix", "seed": {"value": 4294967295}})
print(
    f"parsed: status {parsed.status}, verb {parsed.verb}, "
    f"seed {parsed.seed.value}"
)

configuration = Configuration(
    host=os.environ["USEAPI_BASE_URL"], access_token=os.environ["USEAPI_TOKEN"]
)
with ApiClient(configuration) as client:
    jobs = JobsApi(client)
    jobid = jobs.retrieve_seed(SeedRequest(jobid=sys.argv[1])).jobid
    for _ in range(500):
        job = jobs.get_job(jobid)
        if job.status not in ("started", "progress"):
            break
        time.sleep(0.02)
    if job.status != "completed":
        sys.exit(f"the job is {job.status}")
    print(f"seed {job.seed.value}")
