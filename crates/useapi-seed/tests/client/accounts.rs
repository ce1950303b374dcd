//! Tokens and accounts.

use useapi_seed::{Error, ErrorKind, JobStatus};
use useapi_seed_tests::{Harness, client_builder, started};

#[track_caller]
fn assert_invalid(error: &Error, expected: &str) {
    let is_expected =
        matches!(error.kind(), ErrorKind::InvalidInput { field, .. } if *field == expected);
    assert!(is_expected, "{error}");
}

#[tokio::test]
async fn wrong_and_expired_tokens_are_distinct() {
    let harness = Harness::paused().await;
    let expired = harness.emulator.expired_token();
    for (token, is_expired) in [("another-token", false), (expired, true)] {
        let builder = client_builder(token, harness.emulator.base_url());
        let client = builder.build().unwrap();
        let submitted = client.submit(harness.parent()).await.unwrap_err();
        let polled = client.job(harness.parent()).poll().await.unwrap_err();
        for error in [submitted, polled] {
            let is_expected = match error.kind() {
                ErrorKind::Unauthorized => !is_expired,
                ErrorKind::PaymentRequired => is_expired,
                _ => false,
            };
            assert!(is_expected, "{error}");
        }
    }
}

#[tokio::test]
async fn busy_account_lists_executing_jobs() {
    let harness = Harness::paused().await;
    let mut ids = Vec::new();
    let error = loop {
        match harness.client.submit(harness.parent()).await {
            Err(error) => break error,
            outcome => ids.push(started(outcome).id().to_owned()),
        }
        assert!(ids.len() < 20, "no limit");
    };
    let ErrorKind::TooManyJobs { executing, .. } = error.kind() else {
        panic!("{error:?}");
    };
    assert!(!ids.is_empty());
    assert!(ids.iter().all(|id| executing.contains(id)), "{executing:?}");
}

#[tokio::test]
async fn halted_account_is_reported_by_both_bodies() {
    let Harness { emulator, client } = Harness::paused().await;
    let parent = emulator.jobs().halted.as_str();
    let first = client.submit(parent).await.unwrap_err();
    assert_eq!(first.parent_job_id(), Some(parent));
    let failed = first.job_id().expect("the failed job's id").to_owned();
    let second = client.submit(parent).await.unwrap_err();
    assert_eq!(second.job_id(), None);
    // A poll of a halted account does not report the job as failed.
    let poll = client.job(&failed).wait().await.unwrap_err();
    assert_eq!(poll.job_id(), Some(failed.as_str()));
    for (error, is_failed) in [(first, true), (second, false), (poll, false)] {
        assert!(
            matches!(error.kind(), ErrorKind::Halted { job_failed, .. } if *job_failed == is_failed),
            "{error:?}"
        );
        assert_eq!(error.status().map(|status| status.as_u16()), Some(596));
        assert!(error.help().contains("reset"), "{}", error.help());
    }
}

#[tokio::test]
async fn executing_jobs_are_listed_and_cancelled() {
    let harness = Harness::paused().await;
    let client = &harness.client;
    let executing = async || client.executing_jobs().await.unwrap().ids.unwrap();
    assert!(executing().await.is_empty());
    let (first, second) = (harness.start_job().await, harness.start_job().await);
    assert_eq!(executing().await, [first.id(), second.id()]);

    let cancelled = first.cancel().await.unwrap();
    assert_eq!(cancelled.status, Some(JobStatus::Cancelled));
    assert_eq!(executing().await, [second.id()]);
    let error = client.job(first.id()).wait().await.unwrap_err();
    assert!(error.is_job_cancelled(), "{error}");
    let again = first.cancel().await.unwrap_err();
    assert!(again.is_not_found());
    assert_eq!(again.job_id(), Some(first.id()));
    assert_invalid(&client.job(" ").cancel().await.unwrap_err(), "jobid");
}

#[tokio::test]
async fn halted_account_works_after_reset() {
    let Harness { emulator, client } = Harness::paused().await;
    let parent = emulator.jobs().halted.as_str();
    let channel = parent.rsplit(':').next().unwrap();
    for _ in 0..2 {
        let error = client.submit(parent).await.unwrap_err();
        assert!(error.is_halted(), "{error}");
    }
    client.account(channel).reset().await.unwrap();
    started(client.submit(parent).await);

    let error = client.account("🎨/..").reset().await.unwrap_err();
    assert!(error.is_not_found());
    let message = Some("Unable to locate account 🎨/..");
    assert_eq!(error.service_message(), message);
    // The last two would lead to another path.
    for channel in ["", " ", ".", ".."] {
        let error = client.account(channel).reset().await.unwrap_err();
        assert_invalid(&error, "channel");
    }
}
