//! A seed, from the request to the result.

use serde_json::{Value, json};

use crate::caller::{CHANNEL, Caller, SIDE, fields, id};

#[tokio::test]
async fn started_job_has_the_documented_fields() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    let reply_url = "https://webhook.example/abc";
    let body = json!({
        "jobid": jobs.imagine,
        "discord": "OWN-of-the-request-end",
        "replyUrl": reply_url,
        "replyRef": "r-1",
    });
    let (status, job) = caller.post(body).await;
    assert_eq!(status, 200);
    assert_eq!(
        fields(&job),
        "channel code created discord jobid parentJobId replyRef replyUrl status updated verb"
    );
    for (name, expected) in [
        ("verb", json!("seed_async")),
        ("status", json!("started")),
        ("parentJobId", json!(jobs.imagine)),
        ("discord", json!("OWN…secured…end")),
        ("channel", json!(CHANNEL)),
        ("replyUrl", json!(reply_url)),
        ("replyRef", json!("r-1")),
        ("code", json!(200)),
        ("created", json!("2024-02-25T18:00:00.000Z")),
        ("updated", json!("2024-02-25T18:00:00.000Z")),
    ] {
        assert_eq!(job[name], expected);
    }
    assert_eq!(caller.get(id(&job)).await, (200, job));

    let job = caller.start_job(&jobs.button).await;
    assert_eq!(
        fields(&job),
        "channel code created discord jobid parentJobId status updated verb"
    );
}

#[tokio::test]
async fn discord_of_account_precedes_the_jobs() {
    let caller = Caller::start().await;
    let account = caller.start_job(&caller.jobs().imagine).await;
    assert_eq!(account["discord"], "ABC…secured…xyz");
    let own = caller.start_job(&caller.jobs().no_account).await;
    assert_eq!(own["discord"], "JOB…secured…old");
}

#[tokio::test]
async fn job_starts_progresses_and_completes() {
    let caller = Caller::start().await;
    let job = caller.start_job(&caller.jobs().imagine).await;
    for (seconds, expected, percentage) in [
        (0, "started", None),
        (4, "started", None),
        (1, "progress", Some(0)),
        (20, "progress", Some(50)),
        (19, "progress", Some(97)),
        (1, "completed", None),
    ] {
        caller.advance_seconds(seconds);
        let (status, job) = caller.get(id(&job)).await;
        assert_eq!((status, &job["status"]), (200, &json!(expected)));
        assert_eq!(job["seed"].is_object(), expected == "completed");
        assert_eq!(job["messageId"].is_string(), expected != "started");
        assert_eq!(job["timestamp"].is_string(), expected != "started");
        if let Some(percentage) = percentage {
            let prompt = "**Steampunk cat --s 750 --v 5.2** - <@1114550001112223334>";
            assert_eq!(job["content"], format!("{prompt} ({percentage}%) (fast)"));
        }
    }
}

#[tokio::test]
async fn completed_job_has_the_seed() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    let body = json!({ "jobid": jobs.imagine, "replyRef": "r-2" });
    let (_, started) = caller.post(body).await;
    caller.advance_seconds(45);
    let (_, job) = caller.get(id(&started)).await;
    for name in ["jobid", "created", "parentJobId", "replyRef", "code"] {
        assert_eq!(job[name], started[name]);
    }
    let seed = &job["seed"];
    assert_eq!(fields(seed), "attachments content value");
    assert_eq!(seed["value"], 3_058_471_692_u32);
    let content = format!(
        "**Steampunk cat --s 750 --v 5.2**\n**Job ID**: {}\n**seed** 3058471692",
        jobs.imagine
    );
    assert_eq!(seed["content"], content);
    assert_eq!(job["content"], content);
    let images = seed["attachments"].as_array().unwrap();
    assert_eq!(images.len(), 4);
    for (image, number) in images.iter().zip(1..) {
        assert_eq!(image["filename"], format!("Steampunk_cat_{number}.png"));
        assert_eq!(
            (&image["width"], &image["height"]),
            (&json!(SIDE), &json!(SIDE))
        );
        assert_eq!(image["content_type"], "image/png");
        assert_eq!(image["placeholder_version"], 1);
        let id: u64 = image["id"].as_str().unwrap().parse().unwrap();
        assert!(id > 1 << 53);
    }
}

#[tokio::test]
async fn retrieved_parent_has_its_seed() {
    let caller = Caller::start().await;
    let jobs = caller.jobs();
    for (parent, verb) in [
        (&jobs.imagine, "imagine"),
        (&jobs.button, "button"),
        (&jobs.blend, "blend"),
    ] {
        let (_, before) = caller.get(parent).await;
        assert_eq!(before["seed"], Value::Null);
        let retrieved = caller.retrieve(parent).await;
        // The `replyRef` is the original job's, not the request's.
        let body = json!({ "jobid": parent, "replyRef": "r-3" });
        let (status, mut job) = caller.post(body).await;
        assert_eq!((status, &job["verb"]), (200, &json!(verb)));
        assert_eq!(job["seed"], retrieved["seed"]);
        assert_eq!(caller.get(parent).await, (200, job.clone()));
        // Nothing else has changed, except for the links.
        assert_eq!(job["attachments"][0]["width"], 2 * SIDE);
        job.as_object_mut().unwrap().remove("seed");
        job["attachments"] = before["attachments"].clone();
        assert_eq!(job, before);
    }
}

#[tokio::test]
async fn same_requests_have_same_ids_and_seeds() {
    async fn retrieved() -> Vec<Value> {
        let caller = Caller::start().await;
        let mut seen = Vec::new();
        for parent in [&caller.jobs().blend, &caller.jobs().no_account] {
            let mut job = caller.retrieve(parent).await;
            for image in job["seed"]["attachments"].as_array_mut().unwrap() {
                // They have the port.
                image["url"] = Value::Null;
                image["proxy_url"] = Value::Null;
            }
            seen.push(job);
        }
        seen
    }
    let first = retrieved().await;
    assert_eq!(first[0]["seed"]["value"], u32::MAX);
    assert_eq!(first, retrieved().await);
}
