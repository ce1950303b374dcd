//! Scenarios.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use useapi_seed_emulator::{Emulator, Fault, Operation, Scenario};

use crate::caller::{answer, get, post, request, retrieve};

async fn shipped(name: &str) -> Emulator {
    let scenario = Scenario::named(name).unwrap();
    let builder = Emulator::builder().time_scale(600.0).scenario(scenario);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn a_quiet_day_has_jobs_of_its_own() {
    let emulator = shipped("idle").await;
    let lighthouse = emulator.job("lighthouse").unwrap().to_owned();
    let (status, job) = get(&emulator, &lighthouse).await;
    assert_eq!((status, &job["verb"]), (200, &json!("imagine")));
    assert_eq!(job["maxJobs"], 12);
    let job = retrieve(&emulator, &lighthouse).await;
    assert_eq!(job["seed"]["value"], 3_204_441_961_u32);
    assert_eq!(job["discord"], "QUI…secured…day");
    // The samples are there as ever.
    assert_eq!(
        emulator.job("imagine"),
        Some(emulator.jobs().imagine.as_str())
    );
    assert_eq!(get(&emulator, &emulator.jobs().imagine).await.0, 200);
}

#[tokio::test]
async fn a_busy_account_has_no_place_left() {
    let scenario = Scenario::named("busy-account").unwrap();
    let builder = Emulator::builder().paused().scenario(scenario);
    let emulator = builder.start().await.unwrap();
    let body = json!({ "jobid": emulator.jobs().imagine });
    let (status, refusal) = post(&emulator, body.clone()).await;
    assert_eq!(status, 429);
    let executing = refusal["executingJobs"].as_array().unwrap();
    assert_eq!(executing.len(), 3);
    let (_, listed) = answer(request(&emulator, Method::GET, "/jobs")).await;
    assert_eq!(&listed, &refusal["executingJobs"]);
    // The first has been executing for 30 of its 45 seconds.
    emulator.advance(Duration::from_secs(16));
    assert_eq!(post(&emulator, body).await.0, 200);
}

#[tokio::test]
async fn a_halted_account_waits_for_its_reset() {
    let emulator = shipped("halted-account").await;
    let body = json!({ "jobid": emulator.jobs().imagine });
    assert_eq!(post(&emulator, body.clone()).await.0, 596);
    assert_eq!(get(&emulator, &emulator.jobs().imagine).await.0, 596);
    let reset = "/account/midjourney/1114555266835431444/reset";
    let reset = request(&emulator, Method::POST, reset)
        .send()
        .await
        .unwrap();
    assert_eq!(reset.status(), 200);
    assert_eq!(post(&emulator, body).await.0, 200);
}

#[tokio::test]
async fn on_a_bad_network_the_first_answer_is_lost() {
    let emulator = shipped("flaky-network").await;
    let body = json!({ "jobid": emulator.jobs().imagine });
    let call = request(&emulator, Method::POST, "/jobs/seed_async").json(&body);
    assert!(call.send().await.is_err());
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    let mut failed = 0;
    for _ in 0..20 {
        let call = request(&emulator, Method::GET, "/jobs/");
        let call = call.query(&[("jobid", &emulator.jobs().progress)]);
        match call.send().await {
            Ok(answer) if answer.status() == 200 => {
                failed += usize::from(answer.bytes().await.is_err());
            }
            _ => failed += 1,
        }
    }
    let met: u64 = emulator
        .faults()
        .iter()
        .filter(|count| count.operation == Operation::GetJob)
        .map(|count| count.hits)
        .sum();
    assert!(failed > 0 && failed < 20, "{failed}");
    assert_eq!(failed as u64, met);
}

#[tokio::test]
async fn jobs_without_a_time_keep_away_from_those_with_one() {
    let job = |name: &str, created: &str| {
        format!(
            "[[job]]\nname = \"{name}\"\nverb = \"imagine\"\nseed = 1\nchannel = \"7\"\n{created}"
        )
    };
    let scenario = [
        "title = \"A minute before the start\"\n".to_owned(),
        job("a", ""),
        job("b", ""),
        job("c", "created = 2024-02-25T17:59:00Z\n"),
    ];
    let scenario = Scenario::from_toml(&scenario.concat()).unwrap();
    let emulator = Emulator::builder().scenario(scenario).start().await;
    let emulator = emulator.unwrap();
    let id = |name| emulator.job(name).unwrap();
    assert!(id("c").starts_with("20240225175900000-"), "{}", id("c"));
    assert!(id("a").starts_with("20240225175859999-"), "{}", id("a"));
    assert!(id("b").starts_with("20240225175859998-"), "{}", id("b"));
}

#[tokio::test]
async fn accounts_tokens_and_jobs_are_as_the_file_says() {
    let scenario = Scenario::from_toml(
        r#"
        title = "Odd ones"

        [clock]
        start = "2025-01-01T00:00:00Z"
        paused = true

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
        created = "2024-11-30T00:00:00Z"

        [[job]]
        name = "bare"
        verb = "imagine"
        seed = 2
        channel = "7"

        [[fault]]
        operation = "reset_account"
        trigger = { next = 1 }
        fault = { kind = "late", milliseconds = 250 }

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
    .unwrap();
    let builder = Emulator::builder().scenario(scenario);
    let emulator = builder.start().await.unwrap();
    let id = |name| emulator.job(name).unwrap();
    let late = Fault::late(Duration::from_millis(250));
    assert_eq!(emulator.faults()[0].fault, late);
    // Gone after 31 days, as the samples of 2024 are.
    for old in [id("old"), &emulator.jobs().imagine] {
        assert_eq!(get(&emulator, old).await.0, 404);
        assert_eq!(post(&emulator, json!({ "jobid": old })).await.0, 404);
    }
    // Neither request, account nor job has a Discord token.
    let (status, refusal) = post(&emulator, json!({ "jobid": id("bare") })).await;
    assert_eq!(
        (status, &refusal["error"]),
        (400, &json!("discord is missing"))
    );
    let (_, started) = post(
        &emulator,
        json!({ "jobid": id("bare"), "discord": "a-token" }),
    )
    .await;
    assert_eq!(started["replyUrl"], "http://127.0.0.1:9/hook");
    assert_eq!(started["created"], "2025-01-01T00:00:00.000Z");
    let (_, refusal) = post(&emulator, json!({ "jobid": id("shown") })).await;
    assert_eq!(refusal["error"], "Job of type show not supported");
    let (_, shown) = get(&emulator, id("shown")).await;
    assert_eq!(shown["prompt"], "a lighthouse");
    assert!(
        shown["content"]
            .to_string()
            .contains("**a lighthouse --v 6.0**")
    );
    assert_eq!(shown["replyUrl"], "https://webhook.example/own");
    assert_eq!(shown["replyRef"], "own-ref");
    let late = request(&emulator, Method::GET, "/jobs").bearer_auth("late-payer");
    // `bearer_auth` adds a second header; the first is what counts.
    assert_eq!(late.send().await.unwrap().status(), 200);
    let late = crate::caller::client()
        .get(format!("{}/jobs", emulator.base_url()))
        .bearer_auth("late-payer");
    assert_eq!(late.send().await.unwrap().status(), 402);
}
