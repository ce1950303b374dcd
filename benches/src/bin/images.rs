//! Saves four pictures of 5 MB into the folder that is given, and prints by how
//! much memory grew above what the idle client had, in bytes, as JSON.

use std::env;
use std::fs;

use serde_json::json;
use useapi_seed::{Client, PollResult};
use useapi_seed_bench::{Fault, Service};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let folder = env::args().nth(1).ok_or("usage: images FOLDER")?;
    let service = Service::from_env()?;
    let client = Client::builder(service.token.as_str())
        .base_url(&service.base_url)
        .build()?;
    let job = client.job(service.ids.pictures.as_str());
    let PollResult::Completed(retrieval) = job.poll().await? else {
        return Err("the job has no pictures".into());
    };
    let idle = status("VmRSS:")?;
    for image in client.save_images(&retrieval, folder).await {
        image?;
    }
    let grown = status("VmHWM:")?.saturating_sub(idle);
    println!("{}", json!({ "grown": grown }));
    Ok(())
}

/// A size in this process's status. Linux tells it, and no other system in this
/// way.
fn status(name: &str) -> Result<u64, Fault> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.ok_or("no such size")?.trim().parse()?;
    Ok(kibibytes * 1024)
}
