//! What a search makes of each response.

use std::time::Duration;

use serde_json::json;
use useapi_seed_tests::{Response, Stub, started};

/// A service that executes these jobs and responds to their polls; any other job is a
/// completed imagine job. The response to a submission is truncated after an id.
async fn service(submitted: &'static str, jobs: Vec<(String, Response)>) -> Stub {
    let ids: Vec<_> = jobs.iter().map(|(id, _)| id.clone()).collect();
    executing(submitted, ids, jobs).await
}

async fn executing(
    submitted: &'static str,
    ids: Vec<String>,
    jobs: Vec<(String, Response)>,
) -> Stub {
    let imagine = Response::json(200, r#"{"verb":"imagine","status":"completed"}"#);
    Stub::start(move |request| match request.target().split_once("jobid=") {
        Some((_, polled)) => {
            let job = jobs.iter().find(|(id, _)| id == polled);
            job.map_or(&imagine, |(_, response)| response).clone()
        }
        None if request.line.starts_with("POST") => {
            Response::json(200, format!(r#"{{"jobid":"{submitted}","ver"#))
        }
        None => Response::json(200, json!(ids).to_string()),
    })
    .await
}

fn seed_job(parent: &str, created: &str) -> Response {
    let job = json!({
        "verb": "seed_async", "status": "started", "parentJobId": parent, "created": created,
    });
    Response::json(200, job.to_string())
}

fn not_found() -> Response {
    Response::json(404, r#"{"error":"Unable to locate job","code":404}"#)
}

#[tokio::test]
async fn newest_executing_job_is_found() {
    let halted = Response::json(596, r#"{"error":"Pending mod message","code":596}"#);
    let jobs = [
        ("20", not_found()),
        ("21", Response::html(502)),
        ("22", seed_job("1", "2025-01-02T00:00:00Z")),
        ("23", seed_job("1", "2025-01-03T00:00:00Z")),
        ("24", seed_job("1", "2025-01-01T00:00:00Z")),
        ("25", seed_job("2", "2025-01-04T00:00:00Z")),
        ("26", halted),
    ];
    let jobs = jobs.map(|(id, response)| (id.to_owned(), response));
    let stub = service("9", jobs.into()).await;
    let found = stub.client().find_seed_job("1").await.unwrap();
    assert_eq!(started(Ok(found.unwrap())).id(), "23");
}

#[tokio::test]
async fn more_jobs_than_checked_prove_nothing() {
    for (count, proves) in [(64, true), (65, false)] {
        let ids = (100..100 + count).map(|id: u32| id.to_string()).collect();
        let stub = executing("9", ids, Vec::new()).await;
        let found = stub.client().find_seed_job("1").await;
        assert_eq!(found.is_ok(), proves, "{found:?}");
        assert!(found.is_err() || found.unwrap().is_none());
        // The list, 64 jobs and the parent.
        assert_eq!(stub.requests().len(), 66);
    }
}

#[tokio::test]
async fn response_about_the_parent_is_interpreted() {
    let ended = json!({"jobid": "1", "status": "failed"});
    let halted = json!({"jobid": "1", "status": "failed", "code": 596});
    for (parent, is_ok) in [
        (json!({}), false),
        (json!({"jobid": "1"}), true),
        (json!({"status": "completed"}), true),
        (json!({"verb": "imagine"}), true),
        (ended, true),
        (halted, false),
    ] {
        let response = Response::json(200, parent.to_string());
        let jobs = vec![("1".to_owned(), response)];
        let stub = executing("9", Vec::new(), jobs).await;
        let found = stub.client().find_seed_job("1").await;
        assert_eq!(found.is_ok(), is_ok, "{parent}: {found:?}");
    }
}

#[tokio::test]
async fn search_ends_at_its_timeout() {
    let stub = service("9", Vec::new()).await;
    let search = stub.client().find_seed_job("1").timeout(Duration::ZERO);
    assert!(search.await.unwrap_err().is_timeout());
    assert!(stub.requests().is_empty());
}

#[tokio::test]
async fn job_named_by_truncated_response_is_polled() {
    for (submitted, response, is_started) in [
        ("9", seed_job("1", ""), true),
        // It may be the job.
        ("9", Response::html(502), true),
        ("9", seed_job("2", ""), false),
        ("9", not_found(), false),
        // The request was sent back.
        ("1", Response::html(502), false),
    ] {
        let jobs = vec![(submitted.to_owned(), response)];
        let stub = executing(submitted, Vec::new(), jobs).await;
        let outcome = stub.client().submit("1").await;
        let polls = format!("jobid={submitted} ");
        let requests = stub.requests().into_iter();
        let polls = requests.filter(|request| request.line.contains(&polls));
        if is_started {
            assert_eq!(started(outcome).id(), submitted);
        } else {
            assert!(outcome.unwrap_err().may_have_been_sent());
        }
        // Not by each search again.
        assert!(submitted == "1" || polls.count() == 1);
    }
}

#[tokio::test]
async fn response_without_a_verb_names_a_started_job() {
    for (body, id) in [
        (json!({"jobid": "9"}), "9"),
        (json!({"jobid": "1", "verb": "seed_async"}), "1"),
    ] {
        let stub = Stub::always(Response::json(200, body.to_string())).await;
        assert_eq!(started(stub.client().submit("1").await).id(), id);
    }
}
