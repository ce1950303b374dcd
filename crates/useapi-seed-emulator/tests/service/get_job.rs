//! `GET /jobs/?jobid=`.

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{SIDE, answer, fields, get, request};

#[tokio::test]
async fn query_without_job_is_400() {
    let emulator = Emulator::start().await.unwrap();
    let expected = json!({ "error": "Query param jobid not provided", "code": 400 });
    for path in [
        "/jobs/",
        "/jobs/?",
        "/jobs/?jobid",
        "/jobs/?jobid=",
        "/jobs/?job=x",
    ] {
        let got = answer(request(&emulator, Method::GET, path)).await;
        assert_eq!(got, (400, expected.clone()), "{path}");
    }
    let got = get(&emulator, "no:such&job").await;
    let expected = json!({ "error": "Unable to locate job no:such&job", "code": 404 });
    assert_eq!(got, (404, expected));
}

#[tokio::test]
async fn escaped_id_is_found() {
    let emulator = Emulator::start().await.unwrap();
    let id = &emulator.jobs().progress;
    assert!(id.contains(':'));
    for id in [id.clone(), id.replace(':', "%3A"), id.replace(':', "%3a")] {
        let call = request(&emulator, Method::GET, &format!("/jobs/?jobid={id}"));
        let (status, job) = answer(call).await;
        assert_eq!(
            (status, &job["jobid"]),
            (200, &json!(emulator.jobs().progress))
        );
    }
}

#[tokio::test]
async fn sample_has_the_documented_fields() {
    let emulator = Emulator::start().await.unwrap();
    let (status, job) = get(&emulator, &emulator.jobs().imagine).await;
    assert_eq!(status, 200);
    assert_eq!(
        fields(&job),
        [
            "attachments",
            "buttons",
            "channel",
            "children",
            "code",
            "content",
            "created",
            "discord",
            "jobid",
            "maxJobs",
            "messageId",
            "prompt",
            "replyRef",
            "replyUrl",
            "server",
            "status",
            "timestamp",
            "updated",
            "verb",
        ]
    );
    assert_eq!(job["verb"], "imagine");
    assert_eq!(job["status"], "completed");
    assert_eq!(job["created"], "2024-02-25T14:53:03.538Z");
    assert_eq!(job["updated"], "2024-02-25T14:53:45.365Z");
    assert_eq!(job["timestamp"], "2024-02-25T14:53:45.365000+00:00");
    assert_eq!(job["prompt"], "Steampunk cat");
    assert_eq!(job["replyUrl"], "https://webhook.example/abc");
    assert_eq!(job["replyRef"], "sample-0");
    assert_eq!(
        job["content"],
        "**Steampunk cat --s 750 --v 5.2** - <@1114550001112223334> (fast)"
    );
    assert_eq!(job["discord"], "JOB…secured…old");
    assert_eq!(job["maxJobs"], 3);
    assert_eq!(job["code"], 200);
    assert_eq!(job["children"][0]["jobid"], json!(emulator.jobs().button));

    let [grid] = job["attachments"].as_array().unwrap().as_slice() else {
        panic!("{job}");
    };
    assert_eq!(
        fields(grid),
        [
            "content_type",
            "filename",
            "height",
            "id",
            "placeholder",
            "placeholder_version",
            "proxy_url",
            "size",
            "url",
            "width",
        ]
    );
    assert_eq!(
        (&grid["width"], &grid["height"]),
        (&json!(2 * SIDE), &json!(2 * SIDE))
    );
}

#[tokio::test]
async fn samples_match_their_names() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let expected = [
        (&jobs.imagine, "imagine", "completed"),
        (&jobs.button, "button", "completed"),
        (&jobs.blend, "blend", "completed"),
        (&jobs.progress, "imagine", "progress"),
        (&jobs.unsupported, "describe", "completed"),
        (&jobs.halted, "imagine", "completed"),
        (&jobs.no_discord, "imagine", "completed"),
        (&jobs.no_channel, "imagine", "completed"),
        (&jobs.no_account, "imagine", "completed"),
    ];
    let mut ids: Vec<_> = expected.iter().map(|(id, ..)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), expected.len());
    for (id, verb, state) in expected {
        let (status, job) = get(&emulator, id).await;
        let shown = [&job["jobid"], &job["verb"], &job["status"]];
        assert_eq!(status, 200);
        assert_eq!(shown, [id.as_str(), verb, state]);
        assert_eq!(job["seed"], Value::Null);
        assert_eq!(job.get("discord").is_none(), id == &jobs.no_discord);
        assert_eq!(job.get("channel").is_none(), id == &jobs.no_channel);
    }
}
