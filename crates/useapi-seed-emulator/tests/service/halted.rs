//! An account with a moderation message.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::caller::{Caller, fields, id};

const PLAIN: &str = "Your Discord account has received a pending moderation message from \
    Midjourney. Please address this issue and reset the /account pendingModMessage before making \
    any new API calls.";

#[tokio::test]
async fn first_596_has_the_job_and_later_ones_not() {
    let caller = Caller::start().await;
    let parent = &caller.jobs().halted;
    assert_eq!(caller.get(parent).await.0, 200);

    let body = json!({ "jobid": parent, "replyRef": "r-3" });
    let (status, job) = caller.post(body).await;
    assert_eq!(status, 596);
    assert_eq!(
        fields(&job),
        "channel code created discord error errorDetails jobid messageId parentJobId replyRef \
         replyUrl status timestamp updated verb"
    );
    let details = "You have a pending moderation message. Please acknowledge it before using the \
                   bot further.";
    for (name, expected) in [
        ("verb", json!("seed_async")),
        ("status", json!("failed")),
        ("parentJobId", json!(parent)),
        ("error", json!("Pending mod message")),
        ("errorDetails", json!(details)),
        ("code", json!(596)),
        // The account's own, since the request has none.
        ("replyUrl", json!("https://callback.example/account")),
    ] {
        assert_eq!(job[name], expected);
    }

    let plain = (596, json!({ "error": PLAIN, "code": 596 }));
    let own = json!({ "jobid": parent, "discord": "OWN-of-the-request-end" });
    assert_eq!(caller.post(own).await, plain);
    for id in [parent, id(&job)] {
        assert_eq!(caller.submit(id).await, plain);
        assert_eq!(caller.get(id).await, plain);
        assert_eq!(caller.cancel(id).await, plain);
    }
    // Another account is not affected.
    caller.start_job(&caller.jobs().imagine).await;
}

#[tokio::test]
async fn halted_account_rejects_all_until_reset() {
    let caller = Caller::with_scenario(
        r#"
        [[account]]
        channel = "1114555266835431444"
        moderation = "halted"
        discord = "NEW-of-the-account-xyz"
        [[executing]]
        job = "imagine"
        "#,
    )
    .await;
    let listed = caller.list().await;
    let executing = listed[0].as_str().unwrap();
    assert_eq!(caller.cancel(executing).await.0, 596);
    assert_eq!(caller.get(executing).await.0, 596);
    let jobs = caller.jobs();
    for job in [&jobs.imagine, &jobs.progress, &jobs.unsupported, executing] {
        assert_eq!(caller.submit(job).await.0, 596);
    }
    assert_eq!(caller.reset().await, 200);
    let (_, job) = caller.get(executing).await;
    assert_eq!(job["discord"], "NEW…secured…xyz");
    assert_eq!(caller.cancel(executing).await.0, 200);
}

#[tokio::test]
async fn status_line_has_596() {
    let caller = Caller::start().await;
    let body = json!({ "jobid": caller.jobs().halted }).to_string();
    let (authority, token, length) = (caller.authority(), caller.token(), body.len());
    let request = format!(
        "POST /v2/jobs/seed_async HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 596"), "{response}");
    assert!(response.contains(r#""status":"failed""#), "{response}");
}
