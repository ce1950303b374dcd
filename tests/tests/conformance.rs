//! Behaviour that the emulator and the service have in common.
//!
//! Against the service this costs at most one retrieval, because a retrieved seed is
//! returned again at no cost, as documented. With a job whose seed was retrieved
//! before, it costs none and does not wait.
//!
//! ```sh
//! USEAPI_TOKEN=… USEAPI_LIVE_JOBID=… \
//!     cargo test -p useapi-seed-tests --test conformance -- --ignored --nocapture
//! ```

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::time::Duration;

use useapi_seed::{Client, ErrorKind, JobStatus, SubmitOutcome, Verb, Warning};
use useapi_seed_emulator::Emulator;

/// Checks a server against the documentation, with a completed job of the account.
async fn conforms(client: &Client, unauthorized: &Client, jobid: &str, interval: Duration) {
    // Error responses first: they cost nothing.
    let error = unauthorized.submit(jobid).send().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    let error = client.submit("no-such-job").send().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    let error = client.job("no-such-job").poll().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    client.executing_jobs().await.unwrap();

    let first = match client
        .submit(jobid)
        .reply_ref("conformance")
        .send()
        .await
        .unwrap()
    {
        SubmitOutcome::AlreadyRetrieved(result) => result,
        SubmitOutcome::Started(job) => {
            println!("started {}", job.id());
            assert_ne!(job.id(), jobid);
            let status = job
                .initial_progress()
                .and_then(|update| update.status.clone());
            assert_eq!(status, Some(JobStatus::Started));
            let wait = job.wait().interval(interval);
            wait.on_update(|update| println!("{update:?}"))
                .await
                .unwrap()
        }
        other => panic!("{other:?}"),
    };
    println!("{first:#?}");
    assert!(u32::try_from(first.seed()).is_ok());
    assert_eq!(first.images().len(), 4);
    assert_eq!(first.parent_job_id(), Some(jobid));
    assert!(first.prompt_with_seed().is_some());
    let warnings: Vec<_> = first
        .warnings()
        .iter()
        .filter(|warning| !matches!(warning, Warning::UnknownField(_)))
        .collect();
    assert!(warnings.is_empty(), "{warnings:?}");

    let directory = tempfile::tempdir().unwrap();
    for saved in client.save_images(&first, directory.path()).await {
        let saved = saved.unwrap();
        assert!(saved.mismatches.is_empty(), "{:?}", saved.mismatches);
    }

    // A seed is retrieved once.
    match client.submit(jobid).send().await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(again) => {
            assert_eq!(again.seed(), first.seed());
            assert_eq!(again.job_id(), jobid);
            assert_ne!(again.raw_job().verb, Some(Verb::SeedAsync));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn emulator() {
    let emulator = Emulator::builder().speed(600.0).start().await.unwrap();
    let client = |token: &str| {
        let builder = Client::builder(token).base_url(emulator.base_url());
        builder.build().unwrap()
    };
    for jobid in [
        &emulator.jobs().imagine,
        &emulator.jobs().button,
        &emulator.jobs().blend,
    ] {
        let (account, unauthorized) = (client(emulator.token()), client("unknown-token"));
        conforms(&account, &unauthorized, jobid, Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "calls the service; see the head of this file"]
async fn service() {
    let jobid = std::env::var("USEAPI_LIVE_JOBID").expect("USEAPI_LIVE_JOBID: a completed job");
    let client = Client::from_env().unwrap();
    let unauthorized = Client::builder("unknown-token")
        .base_url(client.base_url())
        .build()
        .unwrap();
    conforms(&client, &unauthorized, &jobid, Duration::from_secs(10)).await;
}
