//! A program as a user of the raw layer may write it: one call that is rejected,
//! with its complete response, and one that submits a seed job.

use std::env;
use std::error::Error;

use useapi_seed_raw::types::SeedRequest;
use useapi_seed_raw::{Client, RawResponse};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base_url = env::var("USEAPI_BASE_URL").map_err(|_| "USEAPI_BASE_URL is not set")?;
    let token = env::var("USEAPI_TOKEN").map_err(|_| "USEAPI_TOKEN is not set")?;
    let job_id = env::args().nth(1).ok_or("usage: downstream-raw JOB_ID")?;
    let client = Client::builder(&token).base_url(&base_url).build()?;

    let Err(error) = client.get_job("no-such-job").await else {
        return Err("that job exists".into());
    };
    println!("rejected: {error}");
    show(error.response().ok_or("no response")?);

    let job = client.retrieve_seed(&SeedRequest::new(job_id)).await?;
    show(job.raw_response());
    println!("job {}", job.jobid.as_deref().unwrap_or_default());
    println!("verb {:?}, status {:?}", job.verb, job.status);
    // Present when the seed had been retrieved before.
    if let Some(seed) = job.seed.as_ref().and_then(|seed| seed.value) {
        println!("seed {seed}");
    }
    Ok(())
}

/// Prints a response as it was response.
fn show(response: &RawResponse) {
    println!("{}", response.status);
    for (name, value) in &response.headers {
        println!("{name}: {}", value.to_str().unwrap_or("(not text)"));
    }
    println!("\n{}\n", String::from_utf8_lossy(&response.body));
}
