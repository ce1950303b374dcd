//! Values that are stored as JSON, and used again by another process.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use useapi_seed::images::Directory;
use useapi_seed::{
    Client, JobHandle, JobProgress, PollResult, RetryPolicy, SeedResult, SubmitOutcome, WaitOptions,
};
use useapi_seed_emulator::{Emulator, Operation};
use useapi_seed_tests::{no_retry, poll_every};

fn client(emulator: &Emulator) -> Client {
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    builder.retry(no_retry()).build().unwrap()
}

/// The value as another process reads it.
fn restored<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let stored = serde_json::to_string(value).unwrap();
    serde_json::from_str(&stored).unwrap()
}

fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(restored(value), *value);
}

/// Calls of the API, and of the image host.
fn calls(emulator: &Emulator) -> (usize, usize) {
    let journal = emulator.journal();
    let images = journal.iter();
    let images = images.filter(|call| call.operation == Some(Operation::GetImage));
    let images = images.count();
    (journal.len() - images, images)
}

#[tokio::test]
async fn stored_result_saves_images_without_api_call() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let retrieve = client(&emulator).retrieve(&emulator.jobs().imagine);
    let options = poll_every(Duration::from_millis(20));
    let result = retrieve.wait_options(options).await.unwrap();
    let stored: SeedResult = restored(&result);
    assert_eq!(
        (stored.job_id(), stored.parent_job_id(), stored.seed()),
        (result.job_id(), result.parent_job_id(), result.seed())
    );
    assert_eq!(stored.images(), result.images());
    assert_eq!(stored.warnings(), result.warnings());
    assert_eq!(stored.prompt_with_seed(), result.prompt_with_seed());
    // The body is not stored.
    assert!(!result.raw_body().is_empty() && stored.raw_body().is_empty());

    let (api, images) = calls(&emulator);
    let directory = tempfile::tempdir().unwrap();
    let saved = client(&emulator).save_images(&stored, &directory).await;
    assert_eq!(saved.len(), 4);
    for saved in saved {
        assert!(directory.path().join(saved.unwrap().name).is_file());
    }
    assert_eq!(calls(&emulator), (api, images + 4));
}

#[tokio::test]
async fn job_document_is_written_once_and_only_when_complete() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let builder = Client::builder(emulator.token()).base_url(emulator.base_url());
    let limited = builder.max_images(2).build().unwrap();
    let retrieve = limited.retrieve(&emulator.jobs().imagine);
    let options = poll_every(Duration::from_millis(20));
    let result = retrieve.wait_options(options).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (sink, document) = (
        Directory::new(directory.path()),
        directory.path().join("job.json"),
    );
    let error = limited.save_result(&result, &sink).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "max_images is too small: images: only the first 2 of 4 are saved"
    );
    assert!(!document.exists());

    let client = client(&emulator);
    client.save_result(&result, &sink).await.unwrap();
    let first = std::fs::read(&document).unwrap();
    let stored: SeedResult = serde_json::from_slice(&first).unwrap();
    assert_eq!(stored, restored(&result));
    let again = client.save_result(&stored, &sink).await.unwrap();
    assert!(again.iter().all(|saved| saved.reused));
    assert_eq!(std::fs::read(&document).unwrap(), first);
}

#[tokio::test]
async fn stored_handle_resumes_the_wait() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let outcome = client(&emulator).submit(&emulator.jobs().imagine).await;
    let SubmitOutcome::Started(job) = outcome.unwrap() else {
        panic!("not started");
    };
    assert_round_trip(job.handle());
    let handle = restored(job.handle());
    emulator.advance(Duration::from_secs(60));
    let result = client(&emulator).job(handle).wait().await.unwrap();
    assert_eq!(result.job_id(), job.id());
    assert_eq!(calls(&emulator), (2, 0));

    let handle: JobHandle = serde_json::from_value(json!({"job_id": "1"})).unwrap();
    assert_eq!(handle, JobHandle::new("1"));
}

#[tokio::test]
async fn progress_round_trips_without_its_body() {
    let emulator = Emulator::start().await.unwrap();
    let job = client(&emulator).job(&emulator.jobs().progress);
    let PollResult::InProgress(progress) = job.poll().await.unwrap() else {
        panic!("not in progress");
    };
    let stored: JobProgress = restored(&progress);
    assert!(progress.status.is_some() && progress.content.is_some());
    assert_eq!(stored.job_id, progress.job_id);
    assert_eq!(stored.status, progress.status);
    assert_eq!(stored.percent, progress.percent);
    assert_eq!(stored.content, progress.content);
    assert_eq!(stored.parent_job_id, progress.parent_job_id);
    assert!(!progress.raw_body().is_empty() && stored.raw_body().is_empty());
}

#[test]
fn options_round_trip() {
    assert_round_trip(&WaitOptions::default());
    assert_round_trip(
        &WaitOptions::default()
            .poll_interval(Duration::from_millis(1))
            .poll_interval_after_wake(Duration::from_secs(60))
            .timeout(Duration::MAX)
            .max_poll_errors(u32::MAX)
            .max_unknown_polls(0)
            .request_timeout(Duration::ZERO),
    );
    assert_round_trip(&RetryPolicy::default());
    assert_round_trip(&RetryPolicy::disabled());
    assert_round_trip(
        &RetryPolicy::default()
            .max_attempts(7)
            .initial_backoff(Duration::from_millis(1))
            .max_backoff(Duration::MAX)
            .max_elapsed(Duration::ZERO),
    );
}
