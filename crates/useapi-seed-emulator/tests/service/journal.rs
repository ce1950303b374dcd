//! The journal.

use reqwest::Method;
use serde_json::json;
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};

use crate::caller::{Caller, fetch, send};

#[tokio::test]
async fn journal_has_calls_without_secrets() {
    let caller = Caller::start().await;
    let body = json!({ "jobid": caller.jobs().imagine, "discord": "OWN-of-the-request-end" });
    let (_, job) = caller.post(body).await;
    let path = format!("/jobz?jobid=a%3Ab&token={}", caller.token());
    let unknown = send(caller.request(Method::GET, &path)).await;
    assert_eq!(unknown.status(), 404);

    let journal = caller.journal();
    let [submission, stray] = &journal[..] else {
        panic!("{journal:?}");
    };
    assert_eq!((submission.number, stray.number), (1, 2));
    assert_eq!(submission.time, "2024-02-25T18:00:00.000Z");
    assert_eq!(submission.operation, Some(Operation::RetrieveSeed));
    assert_eq!(submission.target, "/v2/jobs/seed_async");
    assert_eq!(submission.status, Some(200));
    assert_eq!(submission.job.as_deref(), job["jobid"].as_str());
    assert!(submission.response.contains("\"started\""));
    assert_eq!(stray.operation, None);
    // Decoded, since it had a token.
    assert_eq!(stray.target, "/v2/jobz?jobid=a:b&token=***");
    assert_eq!(stray.job.as_deref(), Some("a:b"));

    let text = serde_json::to_string(&journal).unwrap();
    assert!(!text.contains(caller.token()), "{text}");
    assert!(!text.contains("OWN-of-the-request-end"), "{text}");
    assert!(text.contains(r#"["authorization","***"]"#), "{text}");
}

#[tokio::test]
async fn unknown_token_is_redacted_by_length() {
    let caller = Caller::start().await;
    let call = caller.anonymous(Method::GET, "/jobs?q=abcd%20efgh-secret");
    let call = send(call.bearer_auth("abcd efgh-secret")).await;
    assert_eq!(call.status(), 401);
    assert_eq!(caller.journal()[0].target, "/v2/jobs?q=***");
}

#[tokio::test]
async fn journal_has_image_requests() {
    let caller = Caller::start().await;
    fetch(&caller.link().await).await;
    let entry = caller.journal().pop().unwrap();
    assert_eq!(entry.operation, Some(Operation::GetImage));
    assert_eq!((entry.status, entry.response.as_str()), (Some(200), ""));
}

#[tokio::test]
async fn subscriber_receives_each_call_redacted() {
    let (sender, calls) = std::sync::mpsc::channel();
    let builder = Emulator::builder()
        .fault(Operation::ListJobs, Trigger::Next(1), Fault::ResetAfter)
        .journal_to(sender);
    let caller = Caller::of(builder).await;
    let reset = caller.request(Method::GET, "/jobs").send().await;
    assert!(reset.is_err());
    let path = format!("/jobz?token={}", caller.token());
    send(caller.request(Method::GET, &path)).await;
    drop(caller);
    let calls: Vec<_> = calls.iter().collect();
    let shown = calls.iter().map(|call| (call.target.as_str(), call.status));
    let expected = [("/v2/jobs", None), ("/v2/jobz?token=***", Some(404))];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert!(calls.iter().all(|call| !call.duration.is_zero()));
}
