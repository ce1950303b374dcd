//! Scenarios.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use useapi_seed_emulator::{Emulator, Fault, Scenario};

use crate::caller::{Caller, send, validated};

async fn shipped(name: &str) -> Caller {
    let scenario = Scenario::named(name).unwrap();
    Caller::of(Emulator::builder().paused().scenario(scenario)).await
}

#[tokio::test]
async fn idle_scenario_adds_jobs() {
    let caller = shipped("idle").await;
    let lighthouse = caller.job("lighthouse").unwrap();
    let (status, job) = caller.get(lighthouse).await;
    assert_eq!((status, &job["verb"]), (200, &json!("imagine")));
    assert_eq!(job["maxJobs"], 12);
    let job = caller.retrieve(lighthouse).await;
    assert_eq!(job["seed"]["value"], 3_204_441_961_u32);
    assert_eq!(job["discord"], "QUI…secured…day");
    // It also has the samples.
    assert_eq!(caller.get(&caller.jobs().imagine).await.0, 200);
}

#[tokio::test]
async fn busy_account_has_no_slot() {
    let caller = shipped("busy-account").await;
    let jobid = &caller.jobs().imagine;
    let (status, rejection) = caller.submit(jobid).await;
    assert_eq!(status, 429);
    let executing = &rejection["executingJobs"];
    assert_eq!(executing.as_array().unwrap().len(), 3);
    assert_eq!(&caller.list().await, executing);
    // The first has been executing for 30 of its 45 seconds.
    caller.advance_seconds(16);
    assert_eq!(caller.submit(jobid).await.0, 200);
}

#[tokio::test]
async fn halted_account_rejects_until_reset() {
    let caller = shipped("halted-account").await;
    assert_eq!(caller.submit(&caller.jobs().imagine).await.0, 596);
    assert_eq!(caller.reset().await, 200);
    assert_eq!(caller.submit(&caller.jobs().imagine).await.0, 200);
}

#[tokio::test]
async fn flaky_network_loses_the_first_response() {
    let caller = shipped("flaky-network").await;
    assert!(caller.submission().send().await.is_err());
    assert_eq!(caller.job_counts()[&caller.jobs().imagine].started, 1);
    let submission_hits: u64 = caller.hits().iter().sum();
    let mut failed = 0;
    for _ in 0..20 {
        let is_complete = match caller.poll().send().await {
            Ok(response) if response.status() == 200 => response.bytes().await.is_ok(),
            _ => false,
        };
        failed += u64::from(!is_complete);
    }
    assert!(failed > 0 && failed < 20, "{failed}");
    assert_eq!(caller.hits().iter().sum::<u64>(), submission_hits + failed);
}

#[tokio::test]
async fn undated_jobs_have_ids_of_their_own() {
    let job = |(name, created)| {
        format!(
            "[[job]]\nname = \"{name}\"\nverb = \"imagine\"\nseed = 1\nchannel = \"7\"\n{created}"
        )
    };
    let jobs = [
        ("a", ""),
        ("b", ""),
        ("c", "created = 2024-02-25T17:59:00Z\n"),
    ];
    let caller = Caller::with_scenario(&jobs.map(job).concat()).await;
    for (name, time) in [
        ("c", "20240225175900000-"),
        ("a", "20240225175859999-"),
        ("b", "20240225175859998-"),
    ] {
        let id = caller.job(name).unwrap();
        assert!(id.starts_with(time), "{id}");
    }
}

#[tokio::test]
async fn scenario_sets_clock_tokens_accounts_and_jobs() {
    let caller = Caller::with_scenario(
        r#"
        [clock]
        start = 2025-01-01T00:00:00Z

        [[token]]
        token = "late-payer"
        subscription = "expired"

        [[account]]
        channel = "7"
        reply_url = "http://127.0.0.1:9/hook"

        [[job]]
        name = "old"
        verb = "imagine"
        seed = 1
        channel = "7"
        created = 2024-11-30T00:00:00Z

        [[job]]
        name = "bare"
        verb = "imagine"
        seed = 2
        channel = "7"

        [[fault]]
        operation = "reset_account"
        trigger = { next = 1 }
        fault = { kind = "latency", milliseconds = 250 }

        [[job]]
        name = "shown"
        verb = "show"
        seed = 3
        channel = "7"
        discord = "OWN-of-the-job-end"
        prompt = "a lighthouse --v 6.0"
        reply_url = "https://webhook.example/own"
        reply_ref = "own-ref"
        "#,
    )
    .await;
    let id = |name| caller.job(name).unwrap();
    let latency = Fault::latency(Duration::from_millis(250));
    assert_eq!(caller.faults()[0].fault, latency);
    // They expire after 31 days, as the samples of 2024 do.
    for old in [id("old"), &caller.jobs().imagine] {
        assert_eq!(caller.get(old).await.0, 404);
        assert_eq!(caller.submit(old).await.0, 404);
    }
    // Neither request, account nor job has a `discord` value.
    let (_, rejected) = caller.submit(id("bare")).await;
    assert_eq!(rejected["error"], "discord is missing");
    let body = json!({ "jobid": id("bare"), "discord": "a-token" });
    let (_, started) = caller.post(body).await;
    assert_eq!(started["replyUrl"], "http://127.0.0.1:9/hook");
    assert_eq!(started["created"], "2025-01-01T00:00:00.000Z");
    let (_, rejected) = caller.submit(id("shown")).await;
    assert_eq!(rejected["error"], "Job of type show not supported");
    let (_, shown) = caller.get(id("shown")).await;
    let content = shown["content"].as_str().unwrap();
    assert!(content.contains("**a lighthouse --v 6.0**"), "{content}");
    assert_eq!(shown["prompt"], "a lighthouse");
    assert_eq!(shown["replyUrl"], "https://webhook.example/own");
    assert_eq!(shown["replyRef"], "own-ref");
    let expired = caller.anonymous(Method::GET, "/jobs");
    assert_eq!(validated(expired.bearer_auth("late-payer")).await.0, 402);
    // Of two tokens, the first counts.
    let both = caller.request(Method::GET, "/jobs");
    assert_eq!(send(both.bearer_auth("late-payer")).await.status(), 200);
}
