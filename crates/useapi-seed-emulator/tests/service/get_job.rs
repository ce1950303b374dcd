//! `GET /jobs/?jobid=`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, SIDE, fields, validated};

#[tokio::test]
async fn query_without_job_is_400() {
    let caller = Caller::start().await;
    for query in ["", "?", "?jobid", "?jobid=", "?jobid=+", "?job=x"] {
        let got = validated(caller.request(Method::GET, &format!("/jobs/{query}"))).await;
        let expected = json!({ "error": "Query param jobid not provided", "code": 400 });
        assert_eq!(got, (400, expected), "{query}");
    }
    let expected = json!({ "error": "Unable to locate job no:such&job", "code": 404 });
    assert_eq!(caller.get("no:such&job").await, (404, expected));
}

#[tokio::test]
async fn escaped_id_is_found() {
    let caller = Caller::start().await;
    let plain = &caller.jobs().progress;
    assert!(plain.contains(':'));
    for id in [plain.clone(), plain.replace(':', "%3a")] {
        let call = caller.request(Method::GET, &format!("/jobs/?jobid={id}"));
        let (status, job) = validated(call).await;
        assert_eq!((status, &job["jobid"]), (200, &json!(plain)));
    }
}

#[tokio::test]
async fn sample_has_the_documented_fields() {
    let caller = Caller::start().await;
    let (status, job) = caller.get(&caller.jobs().imagine).await;
    assert_eq!(status, 200);
    assert_eq!(
        fields(&job),
        "attachments buttons channel children code content created discord jobid maxJobs \
         messageId prompt replyRef replyUrl server status timestamp updated verb"
    );
    for (name, expected) in [
        ("verb", json!("imagine")),
        ("status", json!("completed")),
        ("created", json!("2024-02-25T14:53:03.538Z")),
        ("updated", json!("2024-02-25T14:53:45.365Z")),
        ("timestamp", json!("2024-02-25T14:53:45.365000+00:00")),
        ("prompt", json!("Steampunk cat")),
        ("replyUrl", json!("https://webhook.example/abc")),
        ("replyRef", json!("sample-0")),
        ("discord", json!("JOB…secured…old")),
        ("maxJobs", json!(3)),
        ("code", json!(200)),
    ] {
        assert_eq!(job[name], expected);
    }
    let content = "**Steampunk cat --s 750 --v 5.2** - <@1114550001112223334> (fast)";
    assert_eq!(job["content"], content);
    assert_eq!(job["children"][0]["jobid"], json!(caller.jobs().button));

    let attachments = job["attachments"].as_array().unwrap();
    assert_eq!(attachments.len(), 1);
    let grid = &attachments[0];
    assert_eq!(
        fields(grid),
        "content_type filename height id placeholder placeholder_version proxy_url size url width"
    );
    for side in ["width", "height"] {
        assert_eq!(grid[side], 2 * SIDE);
    }
}

#[tokio::test]
async fn samples_match_their_names() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    for (id, name, verb, state) in [
        (&jobs.imagine, "imagine", "imagine", "completed"),
        (&jobs.button, "button", "button", "completed"),
        (&jobs.blend, "blend", "blend", "completed"),
        (&jobs.progress, "progress", "imagine", "progress"),
        (&jobs.unsupported, "unsupported", "describe", "completed"),
        (&jobs.halted, "halted", "imagine", "completed"),
        (&jobs.no_discord, "no_discord", "imagine", "completed"),
        (&jobs.no_channel, "no_channel", "imagine", "completed"),
        (&jobs.no_account, "no_account", "imagine", "completed"),
    ] {
        assert_eq!(caller.job(name), Some(id.as_str()));
        let (status, job) = caller.get(id).await;
        assert_eq!(status, 200);
        let shown = [&job["jobid"], &job["verb"], &job["status"]];
        assert_eq!(shown, [id.as_str(), verb, state]);
        assert_eq!(job["seed"], Value::Null);
        assert_eq!(job.get("discord").is_none(), name == "no_discord");
        assert_eq!(job.get("channel").is_none(), name == "no_channel");
    }
    assert_eq!(caller.named_jobs().count(), 9);
}
