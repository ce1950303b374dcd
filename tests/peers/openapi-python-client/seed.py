"""Retrieves a seed with the client that openapi-python-client makes."""

import os
import sys
import time

from seed_client import AuthenticatedClient
from seed_client.api.jobs import get_job, retrieve_seed
from seed_client.models import Job, SeedRequest

parsed = Job.from_dict({"status": "paused", "verb": "remix", "seed": {"value": 4294967295}})
print(
    f"parsed: status {parsed.status}, verb {parsed.verb}, "
    f"seed {parsed.seed.value}"
)

client = AuthenticatedClient(
    base_url=os.environ["USEAPI_BASE_URL"], token=os.environ["USEAPI_TOKEN"]
)
with client:
    jobid = retrieve_seed.sync(client=client, body=SeedRequest(jobid=sys.argv[1])).jobid
    for _ in range(500):
        job = get_job.sync(client=client, jobid=jobid)
        if job.status not in ("started", "progress"):
            break
        time.sleep(0.02)
    if job.status != "completed":
        sys.exit(f"the job is {job.status}")
    print(f"seed {job.seed.value}")
