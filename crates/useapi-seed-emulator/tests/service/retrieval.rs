//! A seed, from the request to the result.

use std::time::Duration;

use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{SIDE, fast, fields, get, post, retrieve, start, url, wait_for};

#[tokio::test]
async fn a_started_job_has_the_documented_fields() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let body = json!({
        "jobid": jobs.imagine,
        "discord": "OWN-of-the-request-end",
        "replyUrl": "https://webhook.example/abc",
        "replyRef": "r-1",
    });
    let (status, job) = post(&emulator, body).await;
    assert_eq!(status, 200);
    assert_eq!(
        fields(&job),
        [
            "channel",
            "code",
            "created",
            "discord",
            "jobid",
            "parentJobId",
            "replyRef",
            "replyUrl",
            "status",
            "updated",
            "verb",
        ]
    );
    assert_eq!(job["verb"], "seed_async");
    assert_eq!(job["status"], "started");
    assert_eq!(job["parentJobId"], json!(jobs.imagine));
    assert_eq!(job["discord"], "OWN…secured…end");
    assert_eq!(job["channel"], "1114555266835431444");
    assert_eq!(job["replyUrl"], "https://webhook.example/abc");
    assert_eq!(job["replyRef"], "r-1");
    assert_eq!(job["code"], 200);
    let created = job["created"].as_str().unwrap();
    assert_eq!(
        (created.len(), created.ends_with('Z')),
        (24, true),
        "{created}"
    );
    assert_eq!(job["updated"], job["created"]);

    let (status, polled) = get(&emulator, job["jobid"].as_str().unwrap()).await;
    assert_eq!((status, polled), (200, job));
}

#[tokio::test]
async fn what_is_not_given_is_left_out() {
    let emulator = Emulator::start().await.unwrap();
    let job = start(&emulator, &emulator.jobs().button).await;
    assert_eq!(
        fields(&job),
        [
            "channel",
            "code",
            "created",
            "discord",
            "jobid",
            "parentJobId",
            "status",
            "updated",
            "verb",
        ]
    );
}

#[tokio::test]
async fn discord_is_the_requests_then_the_accounts_then_the_jobs() {
    let emulator = Emulator::start().await.unwrap();
    let jobs = emulator.jobs();
    let account = start(&emulator, &jobs.imagine).await;
    assert_eq!(account["discord"], "ABC…secured…xyz");
    let own = start(&emulator, &jobs.no_account).await;
    assert_eq!(own["discord"], "JOB…secured…old");
}

#[tokio::test]
async fn a_job_is_started_then_in_progress_then_completed() {
    let emulator = Emulator::start().await.unwrap();
    let job = start(&emulator, &emulator.jobs().imagine).await;
    let id = job["jobid"].as_str().unwrap();
    let mut seen = vec![job["status"].as_str().unwrap().to_owned()];
    let mut percentages: Vec<u8> = Vec::new();
    for _ in 0..60 {
        let (status, job) = get(&emulator, id).await;
        assert_eq!(status, 200);
        let status = job["status"].as_str().unwrap().to_owned();
        if status == "progress" {
            let content = job["content"].as_str().unwrap();
            let prompt = "**Steampunk cat --s 750 --v 5.2** - <@1114550001112223334> (";
            let (percent, mode) = content
                .strip_prefix(prompt)
                .unwrap()
                .split_once("%) ")
                .unwrap();
            assert_eq!(mode, "(fast)");
            percentages.push(percent.parse().unwrap());
            assert_eq!(job["seed"], Value::Null);
            assert!(job["messageId"].is_string() && job["timestamp"].is_string());
        }
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        if seen.last().is_some_and(|status| status == "completed") {
            break;
        }
        emulator.advance(Duration::from_secs(1));
    }
    assert_eq!(seen, ["started", "progress", "completed"]);
    assert!(
        percentages.is_sorted() && percentages.len() > 3,
        "{percentages:?}"
    );
    assert!(percentages.first() < percentages.last(), "{percentages:?}");
    assert!(
        percentages.iter().all(|percent| *percent < 100),
        "{percentages:?}"
    );
}

#[tokio::test]
async fn a_completed_job_carries_the_seed() {
    let emulator = fast().await;
    let jobs = emulator.jobs();
    let body = json!({ "jobid": jobs.imagine, "replyRef": "r-2" });
    let (_, started) = post(&emulator, body).await;
    let job = wait_for(&emulator, started["jobid"].as_str().unwrap(), "completed").await;
    assert_eq!(job["jobid"], started["jobid"]);
    assert_eq!(job["created"], started["created"]);
    assert_eq!(job["parentJobId"], json!(jobs.imagine));
    assert_eq!(job["replyRef"], "r-2");
    assert_eq!(job["code"], 200);
    let seed = &job["seed"];
    assert_eq!(fields(seed), ["attachments", "content", "value"]);
    assert_eq!(seed["value"], 3_058_471_692_u32);
    let content = format!(
        "**Steampunk cat --s 750 --v 5.2**\n**Job ID**: {}\n**seed** 3058471692",
        jobs.imagine
    );
    assert_eq!(seed["content"], content);
    assert_eq!(job["content"], content);
    let pictures = seed["attachments"].as_array().unwrap();
    assert_eq!(pictures.len(), 4);
    for (index, picture) in pictures.iter().enumerate() {
        assert_eq!(
            picture["filename"],
            format!("Steampunk_cat_{}.png", index + 1)
        );
        assert_eq!(
            (&picture["width"], &picture["height"]),
            (&json!(SIDE), &json!(SIDE))
        );
        assert_eq!(picture["content_type"], "image/png");
        assert_eq!(picture["placeholder_version"], 1);
        let id: u64 = picture["id"].as_str().unwrap().parse().unwrap();
        assert!(id > 1 << 53);
    }
}

#[tokio::test]
async fn once_retrieved_the_parent_is_answered_with_its_seed() {
    let emulator = fast().await;
    let jobs = emulator.jobs();
    for (parent, verb) in [
        (&jobs.imagine, "imagine"),
        (&jobs.button, "button"),
        (&jobs.blend, "blend"),
    ] {
        let (_, before) = get(&emulator, parent).await;
        assert_eq!(before["seed"], Value::Null);
        let retrieved = retrieve(&emulator, parent).await;
        let (status, job) = post(&emulator, json!({ "jobid": parent })).await;
        assert_eq!((status, &job["code"]), (200, &json!(200)));
        assert_eq!(job["jobid"], json!(parent));
        assert_eq!(
            (&job["verb"], &job["status"]),
            (&json!(verb), &json!("completed"))
        );
        assert_eq!(job["parentJobId"], before["parentJobId"]);
        assert_eq!(job["content"], before["content"]);
        assert_eq!(job["attachments"][0]["width"], 2 * SIDE);
        assert_eq!(job["seed"]["value"], retrieved["seed"]["value"]);
        assert_eq!(job["seed"]["content"], retrieved["seed"]["content"]);
        let ids = |job: &Value| job["seed"]["attachments"].as_array().unwrap().clone();
        assert_eq!(ids(&job).len(), 4);
        for (now, then) in ids(&job).iter().zip(ids(&retrieved)) {
            assert_eq!((&now["id"], &now["size"]), (&then["id"], &then["size"]));
        }
        let (_, polled) = get(&emulator, parent).await;
        assert_eq!(polled["seed"]["value"], job["seed"]["value"]);
    }
}

#[tokio::test]
async fn retrieved_parent_has_the_documented_fields() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let jobs = emulator.jobs();
    start(&emulator, &jobs.imagine).await;
    emulator.advance(Duration::from_secs(45));
    // What the first request brought is not the original job's.
    let body = json!({ "jobid": jobs.imagine, "replyRef": "r-3" });
    let (status, job) = post(&emulator, body).await;
    assert_eq!(status, 200);
    for field in [
        "jobid",
        "verb",
        "status",
        "created",
        "updated",
        "content",
        "attachments",
        "seed",
        "prompt",
        "discord",
        "channel",
        "server",
        "maxJobs",
        "replyUrl",
        "replyRef",
        "messageId",
        "timestamp",
        "code",
    ] {
        assert!(job.get(field).is_some(), "{field}: {job}");
    }
    assert_eq!(job["prompt"], "Steampunk cat");
    let content = "**Steampunk cat --s 750 --v 5.2** - <@1114550001112223334> (fast)";
    assert_eq!(job["content"], content);
    assert_eq!(job["replyUrl"], "https://webhook.example/abc");
    assert_eq!(job["replyRef"], "sample-0");
    assert_eq!(get(&emulator, &jobs.imagine).await, (200, job));
}

#[tokio::test]
async fn a_second_request_meanwhile_starts_a_second_job() {
    let emulator = Emulator::start().await.unwrap();
    let first = start(&emulator, &emulator.jobs().imagine).await;
    let second = start(&emulator, &emulator.jobs().imagine).await;
    assert_ne!(first["jobid"], second["jobid"]);
    assert_eq!(first["parentJobId"], second["parentJobId"]);
}

#[tokio::test]
async fn the_same_requests_get_the_same_ids_and_seeds() {
    async fn told() -> Vec<Value> {
        let emulator = fast().await;
        let mut told = Vec::new();
        for parent in [&emulator.jobs().blend, &emulator.jobs().no_account] {
            let job = retrieve(&emulator, parent).await;
            told.extend([job["jobid"].clone(), job["parentJobId"].clone()]);
            told.extend([job["messageId"].clone(), job["seed"]["value"].clone()]);
            for picture in job["seed"]["attachments"].as_array().unwrap() {
                told.extend([picture["id"].clone(), picture["size"].clone()]);
            }
        }
        told
    }
    let (first, second) = (told().await, told().await);
    assert_eq!(first.len(), 24);
    assert_eq!(first[3], 4_294_967_295_u32);
    assert_eq!(first, second);
}

#[tokio::test]
async fn links_are_fresh_in_every_answer() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    emulator.advance(Duration::from_secs(2));
    let (_, again) = get(&emulator, job["jobid"].as_str().unwrap()).await;
    let link = |job: &Value| url(&job["seed"]["attachments"][0]);
    assert_ne!(link(&job), link(&again));
    let path = |link: String| link.split_once('?').unwrap().0.to_owned();
    assert_eq!(path(link(&job)), path(link(&again)));
}
