//! Forged callbacks.

use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use useapi_seed_callback::Event;

use crate::{Harness, JOB_TIME, SOON, callback, handle, unpolled, wait_until};

#[tokio::test]
async fn forged_end_does_not_end_the_wait() {
    for status in ["completed", "failed"] {
        let harness = Harness::new().await;
        let job = harness.started(None).await;
        let mut wait = Box::pin(harness.receiver.wait(unpolled(&job)));
        let mut body = callback(job.id(), status);
        body["seed"] = json!({ "value": 1 });
        assert_eq!(harness.call(&harness.reply_url(), &body).await, 200);
        let pending = async {
            wait_until(|| harness.polls() > 0).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        tokio::select! {
            outcome = &mut wait => panic!("{outcome:?}"),
            () = pending => {}
        }
        // The true end still comes.
        harness.emulator.advance(JOB_TIME);
        let result = timeout(SOON, wait).await.unwrap().unwrap();
        assert_ne!(result.seed(), 1);
    }
}

#[tokio::test]
async fn url_is_for_one_job_and_reply_ref() {
    let mut harness = Harness::new().await;
    let job = harness.started(Some("r")).await;
    let imagine = harness.emulator.jobs().imagine.clone();
    let button = harness.emulator.jobs().button.clone();
    let own = harness.receiver.reply_url(&imagine, Some("r")).unwrap();
    let other = harness.receiver.reply_url(&button, None).unwrap();
    let without = callback(job.id(), "progress");
    assert_eq!(harness.call(&own, &without).await, 404);
    let mut with_other = without.clone();
    with_other["replyRef"] = "s".into();
    assert_eq!(harness.call(&own, &with_other).await, 404);
    assert_eq!(harness.receiver.stats().mismatched, 2);

    // The API says whose job it is, and for an awaited job that is known.
    assert_eq!(harness.call(&other, &without).await, 200);
    wait_until(|| harness.receiver.stats().mismatched == 3).await;
    let guard = harness.receiver.watch(unpolled(&job));
    assert_eq!(harness.call(&other, &without).await, 404);
    assert_eq!(harness.receiver.stats().mismatched, 4);
    assert!(harness.has_no_event());
    drop(guard);
}

#[tokio::test]
async fn job_without_a_seed_is_a_mismatch() {
    let mut harness = Harness::new().await;
    let imagine = harness.emulator.jobs().imagine.clone();
    let account = harness.receiver.account_url();
    let body = callback(&imagine, "completed");
    assert_eq!(harness.call(&account, &body).await, 200);
    wait_until(|| harness.receiver.stats().mismatched == 1).await;
    assert!(harness.has_no_event());
}

#[tokio::test]
async fn flood_about_unknown_jobs_delays_no_wait() {
    let harness = Harness::new().await;
    let job = harness.started(None).await;
    let wait = tokio::spawn(harness.receiver.wait(unpolled(&job)));
    let (url, polls) = (harness.reply_url(), harness.polls());
    for number in 0..2_000 {
        let body = callback(&format!("no-such-job-{number}"), "completed");
        handle(&harness.receiver, &url, &body);
        tokio::task::yield_now().await;
    }
    harness.emulator.advance(JOB_TIME);
    let result = timeout(SOON, wait).await.unwrap().unwrap();
    assert_eq!(result.unwrap().job_id(), job.id());
    let stats = harness.receiver.stats();
    assert!(stats.dropped > 1_000, "{stats:?}");
    // One poll per second for the flood, and those of the wait.
    let polls = harness.polls() - polls;
    assert!(polls < 100, "{polls}");
}

#[tokio::test]
async fn flood_about_one_job_delays_no_other() {
    let two = NonZeroU32::new(2).unwrap();
    let mut harness = Harness::with(|builder| builder.max_polls_per_second(two)).await;
    let job = harness.started(None).await;
    let button = harness.emulator.jobs().button.clone();
    let other = harness.started_for(&button, None).await;
    harness.receiver.track(unpolled(&job));
    let wait = tokio::spawn(harness.receiver.wait(unpolled(&other)));
    let (url, polls) = (harness.reply_url(), harness.polls());
    for _ in 0..2_000 {
        handle(&harness.receiver, &url, &callback(job.id(), "completed"));
        tokio::task::yield_now().await;
    }
    harness.emulator.advance(JOB_TIME);
    timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    let event = loop {
        let event = harness.next_event().await;
        if event.is_terminal() {
            break event;
        }
    };
    assert!(matches!(&event, Event::Completed(result) if result.job_id() == job.id()));
    assert_eq!(harness.receiver.stats().dropped, 0);
    let polls = harness.polls() - polls;
    assert!(polls < 100, "{polls}");
}
