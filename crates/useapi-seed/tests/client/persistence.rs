//! Values that are stored as JSON, and used again by another process.

use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use useapi_seed::images::Directory;
use useapi_seed::{JobHandle, JobProgress, PollResult, RetryPolicy, SeedResult, WaitOptions};
use useapi_seed_emulator::Operation;
use useapi_seed_tests::Harness;

/// The value as another process reads it.
fn restored<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let stored = serde_json::to_string(value).unwrap();
    serde_json::from_str(&stored).unwrap()
}

fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(restored(value), *value);
}

#[tokio::test]
async fn stored_result_saves_images_without_api_call() {
    let harness = Harness::paused().await;
    let result = harness.retrieve().await;
    let stored: SeedResult = restored(&result);
    let ids = |result: &SeedResult| {
        let parent = result.parent_job_id().map(str::to_owned);
        (result.job_id().to_owned(), parent, result.seed())
    };
    assert_eq!(ids(&stored), ids(&result));
    assert_eq!(stored.images(), result.images());
    assert_eq!(stored.warnings(), result.warnings());
    assert_eq!(stored.prompt_with_seed(), result.prompt_with_seed());
    // The body is not stored.
    assert!(!result.raw_body().is_empty() && stored.raw_body().is_empty());

    let before = harness.emulator.journal().len();
    let directory = tempfile::tempdir().unwrap();
    let other = harness.client_with(|builder| builder);
    let saved = other.save_images(&stored, &directory).await;
    assert_eq!(saved.len(), 4);
    for saved in saved {
        assert!(directory.path().join(saved.unwrap().name).is_file());
    }
    assert_eq!(harness.calls(Operation::GetImage), 4);
    assert_eq!(harness.emulator.journal().len(), before + 4);
}

#[tokio::test]
async fn job_document_is_written_once_when_complete() {
    let harness = Harness::paused().await;
    let result = harness.retrieve().await;
    let directory = tempfile::tempdir().unwrap();
    let sink = Directory::new(directory.path());
    let document = directory.path().join("job.json");
    let limited = harness.client_with(|builder| builder.max_images(2));
    let error = limited.save_result(&result, &sink).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "max_images is too small: images: only the first 2 of 4 are saved"
    );
    assert!(!document.exists());

    harness.client.save_result(&result, &sink).await.unwrap();
    let first = std::fs::read(&document).unwrap();
    let stored: SeedResult = serde_json::from_slice(&first).unwrap();
    assert_eq!(stored, restored(&result));
    let again = harness.client.save_result(&stored, &sink).await.unwrap();
    assert!(again.iter().all(|saved| saved.reused));
    assert_eq!(std::fs::read(&document).unwrap(), first);
}

#[tokio::test]
async fn stored_handle_resumes_the_wait() {
    let harness = Harness::paused().await;
    let job = harness.start_job().await;
    assert_round_trip(job.handle());
    harness.emulator.advance(Duration::from_secs(60));
    let other = harness.client_with(|builder| builder);
    let result = other.job(restored(job.handle())).wait().await.unwrap();
    assert_eq!(result.job_id(), job.id());
    assert_eq!(harness.emulator.journal().len(), 2);

    let handle: JobHandle = serde_json::from_value(json!({"job_id": "1"})).unwrap();
    assert_eq!(handle, JobHandle::new("1"));
}

#[tokio::test]
async fn progress_round_trips_without_its_body() {
    let harness = Harness::paused().await;
    let job = harness.client.job(&harness.emulator.jobs().progress);
    let PollResult::InProgress(progress) = job.poll().await.unwrap() else {
        panic!("not in progress");
    };
    assert!(progress.status.is_some() && progress.content.is_some());
    assert!(!progress.raw_body().is_empty());
    let stored: JobProgress = restored(&progress);
    assert!(stored.raw_body().is_empty());
    assert_eq!(stored.job_id, progress.job_id);
    assert_eq!(stored.status, progress.status);
    assert_eq!(stored.percent, progress.percent);
    assert_eq!(stored.content, progress.content);
    assert_eq!(stored.parent_job_id, progress.parent_job_id);
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
