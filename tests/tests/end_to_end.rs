//! Outcomes of submissions and waits against the emulator, through sockets.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::time::Duration;

use serde_json::Value;
use useapi_seed::{
    BadRequestReason, Client, Error, ErrorKind, Field, JobEvent, JobStatus, PollResult,
    SubmitOptions, SubmitOutcome, Verb, WaitOptions,
};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{no_retry, poll_every};

const INTERVAL: Duration = Duration::from_millis(20);

async fn emulator(speed: f64) -> (Emulator, Client) {
    let emulator = Emulator::builder().time_scale(speed).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    (emulator, client)
}

async fn submission_error(client: &Client, jobid: &str) -> Error {
    client.submit(jobid).await.unwrap_err()
}

#[tokio::test]
async fn each_verb_returns_seed_and_four_images() {
    let (emulator, client) = emulator(600.0).await;
    let jobs = emulator.jobs();
    let mut seeds = Vec::new();
    for jobid in [&jobs.imagine, &jobs.button, &jobs.blend] {
        let result = client
            .retrieve(jobid)
            .wait_options(poll_every(INTERVAL))
            .await
            .unwrap();
        assert!(result.warnings().is_empty(), "{:?}", result.warnings());
        assert!(u32::try_from(result.seed()).is_ok());
        let line = result.prompt_with_seed().unwrap();
        assert!(
            line.ends_with(&format!(" --seed {}", result.seed())),
            "{line}"
        );
        seeds.push(result.seed());

        let directory = tempfile::tempdir().unwrap();
        let saved = client.save_images(&result, &directory).await;
        assert_eq!(saved.len(), 4);
        for (image, saved) in result.images().iter().zip(saved) {
            let saved = saved.unwrap();
            assert!(saved.mismatches.is_empty(), "{:?}", saved.mismatches);
            assert_eq!(saved.dimensions, Some((1024, 1024)));
            let served = reqwest::get(image.url.as_deref().unwrap()).await.unwrap();
            assert_eq!(
                std::fs::read(directory.path().join(&saved.name)).unwrap(),
                served.bytes().await.unwrap()
            );
        }
    }
    seeds.dedup();
    assert_eq!(seeds.len(), 3);
}

#[tokio::test]
async fn another_process_resumes_the_wait() {
    let (emulator, client) = emulator(1.0).await;
    let parent = emulator.jobs().imagine.as_str();
    let options = SubmitOptions::default()
        .discord("MTIzNDU2.a-token.xyz")
        .reply_url("https://example.com/callback")
        .reply_ref("order-17");
    let submission = client.submit(parent).with_options(options);
    let SubmitOutcome::Started(job) = submission.await.unwrap() else {
        panic!("not started");
    };
    assert_ne!(job.id(), parent);

    // Another process has only the id.
    let other = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let options = poll_every(Duration::from_millis(2));
    let wait = other.job(job.id()).wait().with_options(options);
    let mut events = wait.into_stream();
    let mut progress = Vec::new();
    let result = loop {
        match events.next().await.unwrap().unwrap() {
            JobEvent::Progress(next) => {
                progress.push(next);
                // Ten seconds pass between two polls.
                emulator.advance(Duration::from_secs(10));
            }
            JobEvent::Completed(result) => break result,
            _ => {}
        }
    };
    assert_eq!(result.job_id(), job.id());
    let raw_job = result.raw_job();
    assert_eq!(result.parent_job_id(), Some(parent));
    assert_eq!(raw_job.verb, Some(Verb::SeedAsync));
    assert_eq!(
        raw_job.reply_url.as_deref(),
        Some("https://example.com/callback")
    );
    assert_eq!(raw_job.reply_ref.as_deref(), Some("order-17"));
    assert_eq!(raw_job.discord.as_deref(), Some("MTI…secured…xyz"));
    let body: Value = serde_json::from_slice(result.raw_body()).unwrap();
    assert_eq!(body["seed"]["value"], result.seed());
    assert_eq!(progress[0].status, Some(JobStatus::Started));
    let percentages: Vec<_> = progress[1..]
        .iter()
        .map(|progress| progress.percent)
        .collect();
    assert!(percentages.len() > 1, "{progress:?}");
    assert!(percentages.iter().all(Option::is_some), "{progress:?}");
    assert!(percentages.is_sorted(), "{progress:?}");

    // Another submission returns the original job.
    match client.submit(parent).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(again) => {
            assert_eq!(again.seed(), result.seed());
            assert_eq!(again.job_id(), parent);
            assert_eq!(again.parent_job_id(), Some(parent));
            assert_eq!(again.raw_job().verb, Some(Verb::Imagine));
            assert_eq!(again.prompt_with_seed(), result.prompt_with_seed());
        }
        other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rejections_have_typed_reasons() {
    let (emulator, client) = emulator(1.0).await;
    let jobs = emulator.jobs();
    for (jobid, reason) in [
        (&jobs.progress, BadRequestReason::ParentNotCompleted),
        (&jobs.no_discord, BadRequestReason::Missing(Field::Discord)),
        (&jobs.no_channel, BadRequestReason::Missing(Field::Channel)),
    ] {
        let error = submission_error(&client, jobid).await;
        assert!(
            matches!(error.kind(), ErrorKind::BadRequest(found) if *found == reason),
            "{error}"
        );
    }
    let error = submission_error(&client, &jobs.unsupported).await;
    assert!(
        matches!(
            error.kind(),
            ErrorKind::BadRequest(BadRequestReason::VerbNotSupported(Verb::Unknown(_)))
        ),
        "{error}"
    );
    let error = submission_error(&client, "no-such-job").await;
    assert!(matches!(error.kind(), ErrorKind::NotFound));
    assert_eq!(
        error.service_message(),
        Some("Unable to locate parent job no-such-job")
    );
    let error = client.job("no-such-job").poll().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound));

    // The fields that this crate would reject itself.
    for (body, reason) in [
        (
            serde_json::json!({}),
            BadRequestReason::Missing(Field::JobId),
        ),
        (
            serde_json::json!({"jobid": jobs.imagine, "replyRef": "x".repeat(1025)}),
            BadRequestReason::TooLong(Field::ReplyRef),
        ),
        (
            serde_json::json!({"jobid": jobs.imagine, "replyUrl": "x".repeat(1025)}),
            BadRequestReason::TooLong(Field::ReplyUrl),
        ),
    ] {
        let response = reqwest::Client::new()
            .post(format!("{}/jobs/seed_async", emulator.base_url()))
            .bearer_auth(emulator.token())
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 400);
        let text = response.text().await.unwrap();
        let stub =
            useapi_seed_tests::Stub::always(useapi_seed_tests::Response::json(400, text)).await;
        let client = Client::builder("a-token")
            .base_url(stub.base_url())
            .retry(no_retry())
            .build()
            .unwrap();
        let error = submission_error(&client, "a-job").await;
        assert!(
            matches!(error.kind(), ErrorKind::BadRequest(found) if *found == reason),
            "{error}"
        );
    }
}

#[tokio::test]
async fn wait_timeout_leaves_the_job_running() {
    let (emulator, client) = emulator(1.0).await;
    let error = client
        .retrieve(emulator.jobs().imagine.as_str())
        .wait_options(WaitOptions::default().timeout(Duration::from_millis(1)))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WaitTimeout { polls: 1, .. }),
        "{error}"
    );
    let id = error.job_id().unwrap();
    assert!(matches!(
        client.job(id).poll().await.unwrap(),
        PollResult::InProgress(_)
    ));
    emulator.advance(Duration::from_secs(60));
    client.job(id).wait().await.unwrap();
}

#[tokio::test]
async fn seed_of_the_parent_job_is_not_used() {
    let (emulator, client) = emulator(1.0).await;
    // The button job was made from the imagine job, which has a seed.
    match client.submit(&emulator.jobs().imagine).await.unwrap() {
        SubmitOutcome::Started(_) => emulator.advance(Duration::from_secs(60)),
        other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
    }
    let error = client
        .job(&emulator.jobs().button)
        .poll()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::SeedMissing {
                verb: Some(Verb::Button),
                ..
            }
        ),
        "{error}"
    );
}
