//! Each outcome against the emulator, through sockets.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::Value;
use useapi_seed::{
    BadRequestReason, Client, Error, ErrorKind, Field, JobStatus, PollResult, SubmitOutcome, Verb,
};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::once;

const INTERVAL: Duration = Duration::from_millis(20);

async fn emulator(speed: f64) -> (Emulator, Client) {
    let emulator = Emulator::builder().speed(speed).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(once())
        .build()
        .unwrap();
    (emulator, client)
}

async fn submission_error(client: &Client, jobid: &str) -> Error {
    client.submit(jobid).send().await.unwrap_err()
}

#[tokio::test]
async fn a_seed_and_four_pictures_for_each_verb() {
    let (emulator, client) = emulator(600.0).await;
    let jobs = emulator.jobs();
    let mut seeds = Vec::new();
    for jobid in [&jobs.imagine, &jobs.button, &jobs.blend] {
        let retrieval = client.retrieve(jobid).interval(INTERVAL).await.unwrap();
        assert!(
            retrieval.warnings().is_empty(),
            "{:?}",
            retrieval.warnings()
        );
        assert!(u32::try_from(retrieval.seed()).is_ok());
        let line = retrieval.prompt_with_seed().unwrap();
        assert!(
            line.ends_with(&format!(" --seed {}", retrieval.seed())),
            "{line}"
        );
        seeds.push(retrieval.seed());

        let folder = tempfile::tempdir().unwrap();
        let saved = client.save_images(&retrieval, &folder).await;
        assert_eq!(saved.len(), 4);
        for (image, saved) in retrieval.images().iter().zip(saved) {
            let saved = saved.unwrap();
            assert!(saved.mismatches.is_empty(), "{:?}", saved.mismatches);
            assert_eq!(saved.dimensions, Some((1024, 1024)));
            let served = reqwest::get(image.url.as_deref().unwrap()).await.unwrap();
            assert_eq!(
                std::fs::read(&saved.path).unwrap(),
                served.bytes().await.unwrap()
            );
        }
    }
    seeds.dedup();
    assert_eq!(seeds.len(), 3);
}

#[tokio::test]
async fn step_by_step_and_from_another_process() {
    let (emulator, client) = emulator(1.0).await;
    let emulator = Arc::new(emulator);
    let parent = emulator.jobs().imagine.as_str();
    let submission = client
        .submit(parent)
        .discord("MTIzNDU2.a-token.xyz")
        .reply_url("https://example.com/callback")
        .reply_ref("order-17");
    let SubmitOutcome::Started(job) = submission.send().await.unwrap() else {
        panic!("not started");
    };
    assert_ne!(job.id(), parent);

    // Another process has nothing but the id.
    let other = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(once())
        .build()
        .unwrap();
    let (updates, seen) = mpsc::channel();
    let clock = Arc::clone(&emulator);
    let retrieval = other
        .job(job.id())
        .wait()
        .interval(Duration::from_millis(2))
        .on_update(move |update| {
            updates.send(update.clone()).unwrap();
            // Ten seconds pass between two looks.
            clock.advance(Duration::from_secs(10));
        })
        .await
        .unwrap();
    assert_eq!(retrieval.job_id(), job.id());
    let answered = retrieval.raw_job();
    assert_eq!(retrieval.parent_job_id(), Some(parent));
    assert_eq!(answered.verb, Some(Verb::SeedAsync));
    assert_eq!(
        answered.reply_url.as_deref(),
        Some("https://example.com/callback")
    );
    assert_eq!(answered.reply_ref.as_deref(), Some("order-17"));
    assert_eq!(answered.discord.as_deref(), Some("MTI…secured…xyz"));
    let kept: Value = serde_json::from_slice(retrieval.raw_body()).unwrap();
    assert_eq!(kept["seed"]["value"], retrieval.seed());
    let updates: Vec<_> = seen.into_iter().collect();
    assert_eq!(updates[0].status, Some(JobStatus::Started));
    let percentages: Vec<_> = updates[1..].iter().map(|update| update.percent).collect();
    assert!(percentages.len() > 1, "{updates:?}");
    assert!(percentages.iter().all(Option::is_some), "{updates:?}");
    assert!(percentages.is_sorted(), "{updates:?}");

    // Asked again, the original job comes back at once.
    match client.submit(parent).send().await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(again) => {
            assert_eq!(again.seed(), retrieval.seed());
            assert_eq!(again.job_id(), parent);
            assert_eq!(again.parent_job_id(), Some(parent));
            assert_eq!(again.raw_job().verb, Some(Verb::Imagine));
            assert_eq!(again.prompt_with_seed(), retrieval.prompt_with_seed());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refusals() {
    let (emulator, client) = emulator(1.0).await;
    let jobs = emulator.jobs();
    for (jobid, refusal) in [
        (&jobs.progress, BadRequestReason::ParentNotCompleted),
        (&jobs.no_discord, BadRequestReason::Missing(Field::Discord)),
        (&jobs.no_channel, BadRequestReason::Missing(Field::Channel)),
    ] {
        let error = submission_error(&client, jobid).await;
        assert!(
            matches!(error.kind(), ErrorKind::BadRequest(found) if *found == refusal),
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

    // The fields that this crate would refuse itself.
    for (body, refusal) in [
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
            .retry(once())
            .build()
            .unwrap();
        let error = submission_error(&client, "a-job").await;
        assert!(
            matches!(error.kind(), ErrorKind::BadRequest(found) if *found == refusal),
            "{error}"
        );
    }
}

#[tokio::test]
async fn tokens() {
    let (emulator, _) = emulator(1.0).await;
    let jobid = emulator.jobs().imagine.as_str();
    for (token, is_right) in [
        (
            "another-token",
            (|kind| matches!(kind, ErrorKind::Unauthorized)) as fn(&ErrorKind) -> bool,
        ),
        (emulator.expired_token(), |kind| {
            matches!(kind, ErrorKind::PaymentRequired)
        }),
    ] {
        let client = Client::builder(token)
            .base_url(emulator.base_url())
            .retry(once())
            .build()
            .unwrap();
        let error = submission_error(&client, jobid).await;
        assert!(is_right(error.kind()), "{error}");
        let error = client.job(jobid).poll().await.unwrap_err();
        assert!(is_right(error.kind()), "{error}");
    }
}

#[tokio::test]
async fn a_busy_account() {
    let (emulator, client) = emulator(1.0).await;
    let jobid = emulator.jobs().imagine.as_str();
    let mut started = Vec::new();
    let error = loop {
        match client.submit(jobid).send().await {
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
async fn a_halted_account_with_both_bodies() {
    let (emulator, client) = emulator(1.0).await;
    let jobid = emulator.jobs().halted.as_str();
    let first = submission_error(&client, jobid).await;
    assert!(matches!(
        first.kind(),
        ErrorKind::Halted {
            job_failed: true,
            ..
        }
    ));
    assert_eq!(first.parent_job_id(), Some(jobid));
    let failed = first.job_id().expect("the failed job's id").to_owned();
    let second = submission_error(&client, jobid).await;
    assert!(matches!(
        second.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    assert_eq!(second.job_id(), None);
    // A look that meets the halt does not call the job failed.
    let look = client.job(&failed).wait().await.unwrap_err();
    assert!(matches!(
        look.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    assert_eq!(look.job_id(), Some(failed.as_str()));
    for error in [first, second, look] {
        assert_eq!(error.status().map(|status| status.as_u16()), Some(596));
        assert!(error.help().contains("reset"), "{}", error.help());
    }
}

#[tokio::test]
async fn the_deadline_leaves_the_job_running() {
    let (emulator, client) = emulator(1.0).await;
    let error = client
        .retrieve(emulator.jobs().imagine.as_str())
        .timeout(Duration::from_millis(1))
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
async fn executing_jobs_are_listed_and_cancelled() {
    let (emulator, client) = emulator(1.0).await;
    assert_eq!(client.executing_jobs().await.unwrap().ids, Some(Vec::new()));
    let mut started = Vec::new();
    for _ in 0..2 {
        match client
            .submit(&emulator.jobs().imagine)
            .send()
            .await
            .unwrap()
        {
            SubmitOutcome::Started(job) => started.push(job),
            other => panic!("{other:?}"),
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
async fn a_halted_account_works_again_after_its_reset() {
    let (emulator, client) = emulator(1.0).await;
    let jobid = emulator.jobs().halted.as_str();
    let channel = jobid.rsplit(':').next().unwrap();
    submission_error(&client, jobid).await;
    let error = submission_error(&client, jobid).await;
    assert!(matches!(error.kind(), ErrorKind::Halted { .. }));

    client.account(channel).reset().await.unwrap();
    assert!(matches!(
        client.submit(jobid).send().await.unwrap(),
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

#[tokio::test]
async fn another_jobs_seed_is_never_taken_for_this_ones() {
    let (emulator, client) = emulator(1.0).await;
    // The button job was made from the imagine job, whose seed is there.
    match client
        .submit(&emulator.jobs().imagine)
        .send()
        .await
        .unwrap()
    {
        SubmitOutcome::Started(_) => emulator.advance(Duration::from_secs(60)),
        other => panic!("{other:?}"),
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
