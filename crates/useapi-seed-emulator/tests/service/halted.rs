//! An account with a moderation message.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::json;
use useapi_seed_emulator::{Emulator, Scenario};

use crate::caller::{answer, fields, get, post, request, start};

const PLAIN: &str = "Your Discord account has received a pending moderation message from \
    Midjourney. Please address this issue and reset the /account pendingModMessage before making \
    any new API calls.";

#[tokio::test]
async fn the_first_request_is_answered_with_the_failed_job_and_all_others_plainly() {
    let emulator = Emulator::start().await.unwrap();
    let parent = &emulator.jobs().halted;
    assert_eq!(get(&emulator, parent).await.0, 200);

    let (status, job) = post(&emulator, json!({ "jobid": parent, "replyRef": "r-3" })).await;
    assert_eq!(status, 596);
    assert_eq!(
        fields(&job),
        [
            "channel",
            "code",
            "created",
            "discord",
            "error",
            "errorDetails",
            "jobid",
            "messageId",
            "parentJobId",
            "replyRef",
            "replyUrl",
            "status",
            "timestamp",
            "updated",
            "verb",
        ]
    );
    assert_eq!(
        (&job["verb"], &job["status"]),
        (&json!("seed_async"), &json!("failed"))
    );
    assert_eq!(job["parentJobId"], json!(parent));
    assert_eq!(job["error"], "Pending mod message");
    assert_eq!(
        job["errorDetails"],
        "You have a pending moderation message. Please acknowledge it before using the bot further."
    );
    assert_eq!(job["code"], 596);
    // The account's own, since the request brought none.
    assert_eq!(job["replyUrl"], "https://callback.example/account");

    let plain = (596, json!({ "error": PLAIN, "code": 596 }));
    let own = json!({ "jobid": parent, "discord": "OWN-of-the-request-end" });
    assert_eq!(post(&emulator, json!({ "jobid": parent })).await, plain);
    assert_eq!(post(&emulator, own).await, plain);
    assert_eq!(get(&emulator, job["jobid"].as_str().unwrap()).await, plain);
    assert_eq!(get(&emulator, parent).await, plain);
    // Other accounts go on.
    start(&emulator, &emulator.jobs().imagine).await;
}

#[tokio::test]
async fn every_call_about_a_halted_account_is_refused_until_its_reset() {
    let scenario = Scenario::from_toml(
        r#"
        title = "Halted with a job executing"
        [[account]]
        channel = "1114555266835431444"
        moderation = "halted"
        discord = "NEW-of-the-account-xyz"
        [[executing]]
        job = "imagine"
        "#,
    )
    .unwrap();
    let emulator = Emulator::builder().paused().scenario(scenario);
    let emulator = emulator.start().await.unwrap();
    let listed = answer(request(&emulator, Method::GET, "/jobs")).await.1;
    let executing = listed[0].as_str().unwrap();
    let cancel = || {
        let call = request(&emulator, Method::GET, "/jobs/cancel/");
        answer(call.query(&[("jobid", executing)]))
    };
    assert_eq!(cancel().await.0, 596);
    assert_eq!(get(&emulator, executing).await.0, 596);
    let jobs = emulator.jobs();
    for job in [
        &jobs.imagine,
        &jobs.progress,
        &jobs.unsupported,
        &executing.to_owned(),
    ] {
        assert_eq!(post(&emulator, json!({ "jobid": job })).await.0, 596);
    }
    let reset = "/account/midjourney/1114555266835431444/reset";
    let reset = request(&emulator, Method::POST, reset).send().await;
    assert_eq!(reset.unwrap().status(), 200);
    let (_, job) = get(&emulator, executing).await;
    assert_eq!(job["discord"], "NEW…secured…xyz");
    assert_eq!(cancel().await.0, 200);
}

#[tokio::test]
async fn a_job_that_has_ended_is_refused_too_while_its_account_is_halted() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let parent = &emulator.jobs().halted;
    let (status, failed) = post(&emulator, json!({ "jobid": parent })).await;
    assert_eq!(status, 596);
    let failed = failed["jobid"].as_str().unwrap();
    assert_eq!(post(&emulator, json!({ "jobid": failed })).await.0, 596);
    for jobid in [failed, parent] {
        let cancel = request(&emulator, Method::GET, "/jobs/cancel/");
        let cancel = answer(cancel.query(&[("jobid", jobid)]));
        assert_eq!(cancel.await.0, 596);
    }
}

#[tokio::test]
async fn the_status_line_says_596() {
    let emulator = Emulator::start().await.unwrap();
    let body = json!({ "jobid": emulator.jobs().halted }).to_string();
    let (authority, path) = emulator.base_url()["http://".len()..]
        .split_once('/')
        .unwrap();
    let request = format!(
        "POST /{path}/jobs/seed_async HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        emulator.token(),
        body.len(),
    );
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 596"), "{answer}");
    assert!(answer.contains(r#""status":"failed""#), "{answer}");
}
