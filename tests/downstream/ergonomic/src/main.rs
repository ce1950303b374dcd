//! A program as a user of the ergonomic layer may write it: from a job's id to
//! its seed and its images.

use std::error::Error;
use std::time::Duration;

use useapi_seed::{Client, WaitOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: downstream-ergonomic DIRECTORY JOB_ID";
    let (directory, job_id) = arguments.next().zip(arguments.next()).ok_or(usage)?;

    let client = Client::from_env()?;
    // An emulator is faster than the service.
    let options = WaitOptions::default().poll_interval(Duration::from_secs(1));
    let result = client.retrieve(job_id).wait_options(options).await?;

    println!("seed {}", result.seed());
    println!("{}", result.prompt_with_seed().unwrap_or_default());
    for image in client.save_images(&result, directory).await {
        println!("{}", image?.name);
    }
    Ok(())
}
