//! Waits for the running job, each of three polls: by our client, and by a loop around
//! bare reqwest. Both report each time that they start to sleep.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use useapi_seed::{Client, ErrorKind, JobEvent, WaitOptions};

use crate::server::{RUNNING_JOB, TOKEN};

/// Waits until the timeout.
pub async fn ergonomic_wait(client: Client, interval: Duration, asleep: UnboundedSender<()>) {
    let options = WaitOptions::default().poll_interval(interval);
    let wait = client.job(RUNNING_JOB).wait();
    let mut events = wait
        .with_options(options.timeout(interval * 2))
        .into_stream();
    while let Some(event) = events.next().await {
        match event.as_ref().map_err(useapi_seed::Error::kind) {
            Ok(JobEvent::Sleeping(_)) => asleep.send(()).expect("a receiver"),
            Ok(JobEvent::Progress(_)) | Err(ErrorKind::WaitTimeout { .. }) => {}
            _ => panic!("{event:?}"),
        }
    }
}

/// reqwest without a layer above it, and the URL of the running job.
#[must_use]
pub fn bare_reqwest(base_url: &str) -> (reqwest::Client, String) {
    let builder = reqwest::Client::builder().no_proxy();
    let url = format!("{base_url}/jobs/?jobid={RUNNING_JOB}");
    (builder.build().expect("a client"), url)
}

/// Polls as often as [`ergonomic_wait`].
pub async fn bare_wait(
    (http, url): (reqwest::Client, String),
    interval: Duration,
    asleep: UnboundedSender<()>,
) {
    for poll in 0..3 {
        if poll > 0 {
            asleep.send(()).expect("a receiver");
            sleep(interval).await;
        }
        let response = http.get(&url).bearer_auth(TOKEN).send().await;
        let response = response.expect("a response").error_for_status();
        let body = response.expect("a job").bytes().await;
        body.expect("a complete body");
    }
}
