//! Tokens and accounts against the emulator, through sockets.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use useapi_seed::{Client, Error, ErrorKind, JobStatus, SubmitOutcome};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::no_retry;

async fn emulator() -> (Emulator, Client) {
    let emulator = Emulator::builder().time_scale(1.0).start().await.unwrap();
    let client = client(&emulator, emulator.token());
    (emulator, client)
}

fn client(emulator: &Emulator, token: &str) -> Client {
    let builder = Client::builder(token).base_url(emulator.base_url());
    builder.retry(no_retry()).build().unwrap()
}

async fn submission_error(client: &Client, job_id: &str) -> Error {
    client.submit(job_id).await.unwrap_err()
}

#[tokio::test]
async fn wrong_and_expired_tokens_are_distinct() {
    let (emulator, _) = emulator().await;
    let job_id = emulator.jobs().imagine.as_str();
    for (token, is_expected) in [
        (
            "another-token",
            (|kind| matches!(kind, ErrorKind::Unauthorized)) as fn(&ErrorKind) -> bool,
        ),
        (emulator.expired_token(), |kind| {
            matches!(kind, ErrorKind::PaymentRequired)
        }),
    ] {
        let client = client(&emulator, token);
        let error = submission_error(&client, job_id).await;
        assert!(is_expected(error.kind()), "{error}");
        let error = client.job(job_id).poll().await.unwrap_err();
        assert!(is_expected(error.kind()), "{error}");
    }
}

#[tokio::test]
async fn busy_account_lists_executing_jobs() {
    let (emulator, client) = emulator().await;
    let job_id = emulator.jobs().imagine.as_str();
    let mut started = Vec::new();
    let error = loop {
        match client.submit(job_id).await {
            Ok(SubmitOutcome::Started(job)) => started.push(job.id().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
        assert!(started.len() < 20, "no limit");
    };
    match error.kind() {
        ErrorKind::TooManyJobs { executing, .. } => {
            assert!(!started.is_empty());
            for id in started {
                assert!(executing.contains(&id), "{id} not in {executing:?}");
            }
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn halted_account_is_reported_by_both_bodies() {
    let (emulator, client) = emulator().await;
    let job_id = emulator.jobs().halted.as_str();
    let first = submission_error(&client, job_id).await;
    assert!(matches!(
        first.kind(),
        ErrorKind::Halted {
            job_failed: true,
            ..
        }
    ));
    assert_eq!(first.parent_job_id(), Some(job_id));
    let failed = first.job_id().expect("the failed job's id").to_owned();
    let second = submission_error(&client, job_id).await;
    assert!(matches!(
        second.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    assert_eq!(second.job_id(), None);
    // A poll of a halted account does not report the job as failed.
    let poll = client.job(&failed).wait().await.unwrap_err();
    assert!(matches!(
        poll.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    assert_eq!(poll.job_id(), Some(failed.as_str()));
    for error in [first, second, poll] {
        assert_eq!(error.status().map(|status| status.as_u16()), Some(596));
        assert!(error.help().contains("reset"), "{}", error.help());
    }
}

#[tokio::test]
async fn executing_jobs_are_listed_and_cancelled() {
    let (emulator, client) = emulator().await;
    assert_eq!(client.executing_jobs().await.unwrap().ids, Some(Vec::new()));
    let mut started = Vec::new();
    for _ in 0..2 {
        match client.submit(&emulator.jobs().imagine).await.unwrap() {
            SubmitOutcome::Started(job) => started.push(job),
            other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
        }
    }
    let ids: Vec<_> = started.iter().map(|job| job.id().to_owned()).collect();
    assert_eq!(client.executing_jobs().await.unwrap().ids, Some(ids));

    let cancelled = started[0].cancel().await.unwrap();
    assert_eq!(cancelled.status, Some(JobStatus::Cancelled));
    let left = Some(vec![started[1].id().to_owned()]);
    assert_eq!(client.executing_jobs().await.unwrap().ids, left);
    let error = client.job(started[0].id()).wait().await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::JobFailed {
                status: JobStatus::Cancelled,
                ..
            }
        ),
        "{error}"
    );
    let again = started[0].cancel().await.unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::NotFound));
    assert_eq!(again.job_id(), Some(started[0].id()));
    let blank = client.job(" ").cancel().await.unwrap_err();
    assert!(matches!(
        blank.kind(),
        ErrorKind::InvalidInput { field: "jobid", .. }
    ));
}

#[tokio::test]
async fn halted_account_works_after_reset() {
    let (emulator, client) = emulator().await;
    let job_id = emulator.jobs().halted.as_str();
    let channel = job_id.rsplit(':').next().unwrap();
    submission_error(&client, job_id).await;
    let error = submission_error(&client, job_id).await;
    assert!(matches!(error.kind(), ErrorKind::Halted { .. }));

    client.account(channel).reset().await.unwrap();
    assert!(matches!(
        client.submit(job_id).await.unwrap(),
        SubmitOutcome::Started(_)
    ));

    let error = client.account("🎨/..").reset().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound));
    assert_eq!(
        error.service_message(),
        Some("Unable to locate account 🎨/..")
    );
    // The last two would lead to another path.
    for channel in ["", " ", ".", ".."] {
        let error = client.account(channel).reset().await.unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::InvalidInput {
                field: "channel",
                ..
            }
        ));
    }
}
