//! Outcomes of submissions and waits against the emulator, through sockets.

use std::time::Duration;

use serde_json::{Value, json};
use useapi_seed::{
    BadRequestReason, Error, ErrorKind, Field, JobEvent, JobStatus, PollResult, SubmitOptions,
    SubmitOutcome, Verb, WaitOptions,
};
use useapi_seed_tests::{Harness, Response, Stub, client_builder, started};

#[tokio::test]
async fn another_process_resumes_the_wait() {
    let Harness { emulator, client } = Harness::paused().await;
    let parent = emulator.jobs().imagine.as_str();
    let options = SubmitOptions::default()
        .discord("MTIzNDU2.a-token.xyz")
        .reply_url("https://example.com/callback")
        .reply_ref("order-17");
    let submission = client.submit(parent).with_options(options);
    let job = started(submission.await);
    assert_ne!(job.id(), parent);

    // Another process has only the id.
    let other = client_builder(emulator.token(), emulator.base_url());
    let other = other.build().unwrap();
    let mut events = other.job(job.id()).wait().into_stream();
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
    assert_eq!(result.parent_job_id(), Some(parent));
    let raw_job = result.raw_job();
    assert_eq!(raw_job.verb, Some(Verb::SeedAsync));
    let reply_url = raw_job.reply_url.as_deref();
    assert_eq!(reply_url, Some("https://example.com/callback"));
    assert_eq!(raw_job.reply_ref.as_deref(), Some("order-17"));
    assert_eq!(raw_job.discord.as_deref(), Some("MTI…secured…xyz"));
    let body: Value = serde_json::from_slice(result.raw_body()).unwrap();
    assert_eq!(body["seed"]["value"], result.seed());
    assert_eq!(progress[0].status, Some(JobStatus::Started));
    let percentages = progress[1..].iter().map(|progress| progress.percent);
    let percentages: Vec<_> = percentages.collect();
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

fn rejection(error: &Error) -> &BadRequestReason {
    match error.kind() {
        ErrorKind::BadRequest(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rejections_have_typed_reasons() {
    let Harness { emulator, client } = Harness::paused().await;
    let jobs = emulator.jobs();
    for (jobid, reason) in [
        (&jobs.progress, BadRequestReason::ParentNotCompleted),
        (&jobs.no_discord, BadRequestReason::Missing(Field::Discord)),
        (&jobs.no_channel, BadRequestReason::Missing(Field::Channel)),
    ] {
        let error = client.submit(jobid).await.unwrap_err();
        assert_eq!(*rejection(&error), reason);
    }
    let error = client.submit(&jobs.unsupported).await.unwrap_err();
    let reason = rejection(&error);
    assert!(
        matches!(reason, BadRequestReason::VerbNotSupported(Verb::Unknown(_))),
        "{reason:?}"
    );
    let error = client.submit("no-such-job").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound));
    let message = "Unable to locate parent job no-such-job";
    assert_eq!(error.service_message(), Some(message));
    let error = client.job("no-such-job").poll().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound));

    // The fields that the client rejects itself: the emulator's response to another
    // client, through a stub.
    let long = "x".repeat(1025);
    for (body, reason) in [
        (json!({}), BadRequestReason::Missing(Field::JobId)),
        (
            json!({"jobid": jobs.imagine, "replyRef": long}),
            BadRequestReason::TooLong(Field::ReplyRef),
        ),
        (
            json!({"jobid": jobs.imagine, "replyUrl": long}),
            BadRequestReason::TooLong(Field::ReplyUrl),
        ),
    ] {
        let url = format!("{}/jobs/seed_async", emulator.base_url());
        let request = reqwest::Client::new().post(url).json(&body);
        let response = request.bearer_auth(emulator.token()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 400);
        let response = Response::json(400, response.text().await.unwrap());
        let stub = Stub::always(response).await;
        let error = stub.client().submit("a-job").await.unwrap_err();
        assert_eq!(*rejection(&error), reason);
    }
}

#[tokio::test]
async fn wait_timeout_leaves_the_job_running() {
    let Harness { emulator, client } = Harness::paused().await;
    let options = WaitOptions::default().timeout(Duration::from_millis(1));
    let retrieve = client.retrieve(emulator.jobs().imagine.as_str());
    let error = retrieve.wait_options(options).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WaitTimeout { polls: 1, .. }),
        "{error}"
    );
    let job = client.job(error.job_id().unwrap());
    assert!(matches!(
        job.poll().await.unwrap(),
        PollResult::InProgress(_)
    ));
    emulator.advance(Duration::from_secs(60));
    job.wait().await.unwrap();
}

#[tokio::test]
async fn seed_of_the_parent_job_is_not_used() {
    let Harness { emulator, client } = Harness::paused().await;
    // The button job was made from the imagine job, which has a seed.
    started(client.submit(&emulator.jobs().imagine).await);
    emulator.advance(Duration::from_secs(60));
    let error = client.job(&emulator.jobs().button).poll().await;
    let error = error.unwrap_err();
    let ErrorKind::SeedMissing { verb, .. } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(*verb, Some(Verb::Button));
}
