//! The Rust example of the console.
#![allow(dead_code, reason = "compiled, not run")]

use useapi_seed::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let token = "TOKEN";
    let base_url = "BASE_URL";
    let client = Client::builder(token).base_url(base_url).build()?;
    let job_id = "JOB_ID";
    let result = client.retrieve(job_id).await?;
    println!("seed {}", result.seed());
    for image in client.save_images(&result, "images").await {
        println!("{}", image?.name);
    }
    Ok(())
}
