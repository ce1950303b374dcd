//! Waits for 1,000 jobs at the interval that is the client's default, or makes
//! the same polls by bare reqwest; prints the processor time that it took, in
//! seconds, and the number of polls, as JSON.

use std::env;
use std::time::Duration;

use futures_util::future::try_join_all;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::json;
use tokio::time::sleep;
use useapi_seed::{Client, ErrorKind, WaitOptions};
use useapi_seed_bench::{Fault, Service};

const JOBS: u32 = 1_000;
/// One at the beginning, then one after each interval.
const POLLS: u32 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let service = Service::from_env()?;
    let way = env::args().nth(1);
    let before = processor_time()?.as_secs_f64();
    let polls = match way.as_deref() {
        Some("ergonomic") => ergonomic(&service).await?,
        Some("reqwest") => reqwest(&service).await?,
        _ => return Err("usage: waits ergonomic|reqwest".into()),
    };
    let seconds = processor_time()?.as_secs_f64() - before;
    println!("{}", json!({ "seconds": seconds, "polls": polls }));
    Ok(())
}

/// Jobs are not all started at once: their beginnings fill one interval.
fn beginning(number: u32) -> Duration {
    WaitOptions::DEFAULT_POLL_INTERVAL * number / JOBS
}

async fn ergonomic(service: &Service) -> Result<u32, Fault> {
    let client = Client::builder(service.token.as_str())
        .base_url(&service.base_url)
        .build()?;
    let client = &client;
    let waits = (0..JOBS).map(|number| async move {
        sleep(beginning(number)).await;
        let wait = client.job(service.ids.progress.as_str()).wait();
        let timeout = WaitOptions::DEFAULT_POLL_INTERVAL * (POLLS - 1);
        let options = WaitOptions::default().timeout(timeout);
        let outcome = wait.with_options(options).await;
        match outcome.as_ref().map_err(useapi_seed::Error::kind) {
            Err(ErrorKind::WaitTimeout { polls, .. }) => Ok(*polls),
            _ => Err(Fault::from(format!("the job ended: {outcome:?}"))),
        }
    });
    Ok(try_join_all(waits).await?.iter().sum())
}

async fn reqwest(service: &Service) -> Result<u32, Fault> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let http = &http;
    let url = format!("{}/jobs/", service.base_url);
    let url = &url;
    let waits = (0..JOBS).map(|number| async move {
        sleep(beginning(number)).await;
        for poll in 0..POLLS {
            if poll > 0 {
                sleep(WaitOptions::DEFAULT_POLL_INTERVAL).await;
            }
            let request = http
                .get(url)
                .query(&[("jobid", &service.ids.progress)])
                .bearer_auth(&service.token);
            let response = request.send().await?.error_for_status()?;
            response.bytes().await?;
        }
        Ok::<_, Fault>(POLLS)
    });
    Ok(try_join_all(waits).await?.iter().sum())
}

fn processor_time() -> Result<Duration, Fault> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let duration = |time: nix::sys::time::TimeVal| -> Result<Duration, Fault> {
        let microseconds = u64::try_from(time.tv_usec())?;
        Ok(Duration::from_secs(time.tv_sec().try_into()?) + Duration::from_micros(microseconds))
    };
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}
