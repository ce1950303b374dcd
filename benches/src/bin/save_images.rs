//! Saves a completed job's images: `save_images BASE_URL DIR`. Prints by how many bytes
//! its memory exceeded that of the idle client.

use std::error::Error;
use std::{env, fs};

use useapi_seed::PollResult;
use useapi_seed_bench::{COMPLETED_JOB, ergonomic_client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let base_url = arguments.next().ok_or("the base URL is missing")?;
    let directory = arguments.next().ok_or("the directory is missing")?;
    let client = ergonomic_client(&base_url);
    let PollResult::Completed(result) = client.job(COMPLETED_JOB).poll().await? else {
        return Err("the job has not completed".into());
    };
    let idle = memory("VmRSS:")?;
    for image in client.save_images(&result, directory).await {
        image?;
    }
    println!("{}", memory("VmHWM:")?.saturating_sub(idle));
    Ok(())
}

/// A size in this process's status, on Linux.
fn memory(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kibibytes.ok_or("the size is missing")?.parse::<u64>()? * 1024)
}
