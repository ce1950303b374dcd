//! Retrieves a seed with the client that OpenAPI Generator's `rust` makes.

use std::env;
use std::error::Error;
use std::time::Duration;

use seed_client::apis::configuration::Configuration;
use seed_client::apis::jobs_api::{get_job, retrieve_seed};
use seed_client::models::{Job, SeedRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let text = r#"{"status":"paused","verb":"remix","seed":{"value":4294967295}}"#;
    let parsed: Job = serde_json::from_str(text)?;
    println!(
        "parsed: status {}, verb {}, seed {}",
        parsed.status.flatten().ok_or("no status")?,
        parsed.verb.flatten().ok_or("no verb")?,
        parsed
            .seed
            .flatten()
            .and_then(|seed| seed.value.flatten())
            .ok_or("no seed")?,
    );

    let configuration = Configuration {
        base_path: env::var("USEAPI_BASE_URL")?,
        bearer_access_token: Some(env::var("USEAPI_TOKEN")?),
        ..Configuration::default()
    };
    let parent = env::args().nth(1).ok_or("usage: peer-rust JOBID")?;
    let started = retrieve_seed(&configuration, SeedRequest::new(parent)).await?;
    let jobid = started.jobid.flatten().ok_or("no job id")?;
    for _ in 0..500 {
        let job = get_job(&configuration, &jobid).await?;
        match job.status.flatten().as_deref() {
            Some("completed") => {
                let seed = job.seed.flatten().ok_or("no seed")?;
                println!("seed {}", seed.value.flatten().ok_or("no value")?);
                return Ok(());
            }
            Some("started" | "progress") => tokio::time::sleep(Duration::from_millis(20)).await,
            other => return Err(format!("the job is {other:?}").into()),
        }
    }
    Err("the job does not end".into())
}
