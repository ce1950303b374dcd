//! The journal.

use reqwest::Method;
use serde_json::json;
use useapi_seed_emulator::{Emulator, Operation};

use crate::caller::{client, post, request, retrieve, url};

#[tokio::test]
async fn every_call_is_written_down_without_secrets() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let body = json!({ "jobid": emulator.jobs().imagine, "discord": "OWN-of-the-request-end" });
    let (_, job) = post(&emulator, body).await;
    let path = format!("/jobz?jobid=a%3Ab&token={}", emulator.token());
    let unknown = request(&emulator, Method::GET, &path).send().await.unwrap();
    assert_eq!(unknown.status(), 404);

    let journal = emulator.journal();
    let [submission, stray] = &journal[..] else {
        panic!("{journal:?}");
    };
    assert_eq!((submission.number, stray.number), (1, 2));
    assert_eq!(submission.time, "2024-02-25T18:00:00.000Z");
    assert_eq!(submission.operation, Some(Operation::RetrieveSeed));
    assert_eq!(submission.closest, None);
    assert_eq!(submission.target, "/v2/jobs/seed_async");
    assert_eq!(submission.status, Some(200));
    assert_eq!(submission.job.as_deref(), job["jobid"].as_str());
    assert!(submission.response.contains("\"started\""));
    assert_eq!(stray.operation, None);
    // Unescaped, since it held a token.
    assert_eq!(stray.target, "/v2/jobz?jobid=a:b&token=***");
    assert_eq!(stray.closest.as_deref(), Some("GET /v2/jobs"));
    assert_eq!(stray.job.as_deref(), Some("a:b"));

    let text = serde_json::to_string(&journal).unwrap();
    assert!(!text.contains(emulator.token()), "{text}");
    assert!(!text.contains("OWN-of-the-request-end"), "{text}");
    assert!(text.contains(r#"["authorization","***"]"#), "{text}");
}

#[tokio::test]
async fn a_token_that_nobody_has_is_cut_by_its_length_alone() {
    let emulator = Emulator::start().await.unwrap();
    let call = client()
        .get(format!("{}/jobs?q=abcd%20efgh-secret", emulator.base_url()))
        .bearer_auth("abcd efgh-secret");
    assert_eq!(call.send().await.unwrap().status(), 401);
    assert_eq!(emulator.journal()[0].target, "/v2/jobs?q=***");
}

#[tokio::test]
async fn pictures_are_written_down_too() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    client()
        .get(url(&job["seed"]["attachments"][0]))
        .send()
        .await
        .unwrap();
    let entry = emulator.journal().pop().unwrap();
    assert_eq!(entry.operation, Some(Operation::GetImage));
    assert_eq!((entry.status, entry.response.as_str()), (Some(200), ""));
}

#[tokio::test]
async fn the_oldest_calls_are_forgotten() {
    let emulator = Emulator::start().await.unwrap();
    let client = client();
    for _ in 0..1001 {
        client.get(emulator.base_url()).send().await.unwrap();
    }
    let journal = emulator.journal();
    assert_eq!((journal.len(), journal[0].number), (1000, 2));
}

#[tokio::test]
async fn large_body_is_truncated_with_a_mark() {
    let emulator = Emulator::start().await.unwrap();
    let body = json!({ "jobid": "none", "unknown": "x".repeat(60_000) });
    assert_eq!(post(&emulator, body.clone()).await.0, 404);
    let request = emulator.journal()[0].request.clone();
    let (start, mark) = request.split_at(4096);
    assert_eq!((start, mark), (&body.to_string()[..4096], "…[truncated]"));
}
