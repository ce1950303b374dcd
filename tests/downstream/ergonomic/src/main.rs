//! A program as a user of the ergonomic layer may write it: from a job's id to
//! its seed and its pictures.

use std::error::Error;
use std::time::Duration;

use useapi_seed::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: downstream-ergonomic JOBID FOLDER";
    let (jobid, folder) = arguments.next().zip(arguments.next()).ok_or(usage)?;

    let client = Client::from_env()?;
    let retrieval = client
        .retrieve(jobid)
        .interval(Duration::from_secs(1)) // an emulator is faster than the service
        .await?;

    println!("seed {}", retrieval.seed());
    println!("{}", retrieval.prompt_with_seed().unwrap_or_default());
    for image in client.save_images(&retrieval, folder).await {
        println!("{}", image?.path.display());
    }
    Ok(())
}
