//! What any server of this API does, the emulator and the service itself.
//!
//! Against the service this costs at most one retrieval: a seed that was retrieved
//! is returned again without another one, as documented. With a job whose seed was
//! retrieved before, it costs none and does not wait.
//!
//! ```sh
//! USEAPI_TOKEN=… USEAPI_LIVE_JOBID=… \
//!     cargo test -p useapi-seed-tests --test conformance -- --ignored --nocapture
//! ```

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::time::Duration;

use useapi_seed::{
    Client, ErrorKind, JobEvent, JobStatus, SubmitOptions, SubmitOutcome, Verb, Warning,
};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::poll_every;

/// Checks a server against the documentation, with a completed job of the account.
async fn conforms(client: &Client, unauthorized: &Client, jobid: &str, interval: Duration) {
    // Rejections first: they cost nothing.
    let error = unauthorized.submit(jobid).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    let error = client.submit("no-such-job").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    let error = client.job("no-such-job").poll().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    client.executing_jobs().await.unwrap();

    let options = SubmitOptions::default().reply_ref("conformance");
    let first = match client.submit(jobid).with_options(options).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(result) => result,
        SubmitOutcome::Started(job) => {
            println!("started {}", job.id());
            assert_ne!(job.id(), jobid);
            let status = job
                .initial_progress()
                .and_then(|update| update.status.clone());
            assert_eq!(status, Some(JobStatus::Started));
            let wait = job.wait().with_options(poll_every(interval));
            let mut events = wait.into_stream();
            loop {
                match events.next().await.unwrap().unwrap() {
                    JobEvent::Completed(result) => break result,
                    event => println!("{event:?}"),
                }
            }
        }
    };
    println!("{first:#?}");
    assert!(u32::try_from(first.seed()).is_ok());
    assert_eq!(first.images().len(), 4);
    assert_eq!(first.parent_job_id(), Some(jobid));
    assert!(first.prompt_with_seed().is_some());
    let unexpected: Vec<_> = first
        .warnings()
        .iter()
        .filter(|warning| !matches!(warning, Warning::UnknownField(_)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");

    let directory = tempfile::tempdir().unwrap();
    for saved in client.save_images(&first, directory.path()).await {
        let saved = saved.unwrap();
        assert!(saved.mismatches.is_empty(), "{:?}", saved.mismatches);
    }

    // A seed is retrieved only once.
    match client.submit(jobid).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(repeated) => {
            assert_eq!(repeated.seed(), first.seed());
            assert_eq!(repeated.job_id(), jobid);
            assert_ne!(repeated.raw_job().verb, Some(Verb::SeedAsync));
        }
        other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn emulator_conforms() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let client = |token: &str| {
        let builder = Client::builder(token).base_url(emulator.base_url());
        builder.build().unwrap()
    };
    for jobid in [
        &emulator.jobs().imagine,
        &emulator.jobs().button,
        &emulator.jobs().blend,
    ] {
        let (account, unauthorized) = (client(emulator.token()), client("nobody's-token"));
        conforms(&account, &unauthorized, jobid, Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "calls the service itself; see the head of this file"]
async fn service_conforms() {
    let jobid = std::env::var("USEAPI_LIVE_JOBID").expect("USEAPI_LIVE_JOBID: a completed job");
    let client = Client::from_env().unwrap();
    let unauthorized = Client::builder("nobody's-token")
        .base_url(client.base_url())
        .build()
        .unwrap();
    conforms(&client, &unauthorized, &jobid, Duration::from_secs(10)).await;
}
