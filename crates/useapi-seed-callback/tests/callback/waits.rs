//! Several waits for a job, early ones, late ones and dropped ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;
use tokio::time::timeout;
use useapi_seed::WaitOptions;
use useapi_seed_callback::{Event, Key, Receiver};

use crate::{
    Harness, JOB_TIME, SOON, api, callback, handle, job, next_event, polled_every, receiver, seed,
    unpolled, wait_until,
};

#[tokio::test]
async fn one_callback_ends_all_waits_for_its_job() {
    let mut harness = Harness::new().await;
    let job = harness.started(None).await;
    let wait = || tokio::spawn(harness.receiver.wait(unpolled(&job)));
    let waits = [wait(), wait()];
    harness.emulator.advance(JOB_TIME);
    for wait in waits {
        timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    }
    // The result of a wait is not an event too.
    let callback = callback(job.id(), "completed");
    harness.call(&harness.reply_url(), &callback).await;
    harness.verify_all().await;
    assert!(harness.has_no_event());
}

/// Between the submission and the wait.
#[tokio::test]
async fn callback_before_the_wait_wakes_it() {
    let mut harness = Harness::new().await;
    let job = harness.started(None).await;
    harness.emulator.advance(JOB_TIME);
    // Also when the callback is not verified yet.
    let url = harness.reply_url();
    for number in 0..3 {
        let callback = callback(&format!("no-such-job-{number}"), "progress");
        harness.call(&url, &callback).await;
    }
    harness.call(&url, &callback(job.id(), "completed")).await;
    let wait = harness.receiver.wait(unpolled(&job));
    timeout(SOON, wait).await.unwrap().unwrap();
    harness.verify_all().await;
    assert!(harness.has_no_event());
}

#[tokio::test]
async fn tracked_job_is_reported_beside_a_wait() {
    let mut harness = Harness::new().await;
    let job = harness.started(None).await;
    harness.receiver.track(unpolled(&job));
    drop(harness.receiver.wait(unpolled(&job)));
    let wait = tokio::spawn(harness.receiver.wait(unpolled(&job)));
    harness.emulator.advance(JOB_TIME);
    timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    let event = harness.next_event().await;
    assert!(matches!(event, Event::Completed(_)), "{event:?}");
}

/// The callback of a job comes before the application tracks it.
#[tokio::test]
async fn tracking_replaces_that_of_an_early_callback() {
    let step = Arc::new(AtomicUsize::new(1));
    let current = Arc::clone(&step);
    let client = api(move |_| match current.load(Ordering::SeqCst) {
        3 => job("completed", seed(4)),
        step => job("progress", json!({ "content": step.to_string() })),
    })
    .await;
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    let builder = builder.poll_interval_after_wake(Duration::ZERO);
    let (receiver, mut events) = builder.build().unwrap();
    let body = callback("a-job", "progress");
    handle(&receiver, &receiver.account_url(), &body);
    let mut contents = Vec::new();
    for next in [1, 2, 3] {
        match next_event(&mut events).await {
            Event::Progress(progress) => contents.push(progress.content.unwrap()),
            event => panic!("{event:?}"),
        }
        if next == 1 {
            let job = client.job("a-job");
            receiver.track(polled_every(Duration::from_millis(20), &job));
        } else {
            step.store(next, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    assert_eq!(contents, ["1", "1", "2"]);
    let event = next_event(&mut events).await;
    assert!(matches!(event, Event::Completed(_)), "{event:?}");
    drop(receiver);
    assert!(timeout(SOON, events.next()).await.unwrap().is_none());
}

/// A job that could not be polled has not ended.
#[tokio::test]
async fn end_after_a_failed_wait_is_reported() {
    let is_up = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&is_up);
    let client = api(move |_| {
        if switch.load(Ordering::SeqCst) {
            job("completed", seed(4))
        } else {
            (StatusCode::BAD_GATEWAY, "<html>").into_response()
        }
    })
    .await;
    let (receiver, mut events) = receiver(&client);
    let job = client.job("a-job");
    let options = WaitOptions::default().poll_interval(Duration::from_millis(1));
    let wait = || job.wait().with_options(options.max_poll_errors(2));
    receiver.wait(wait()).await.unwrap_err();
    receiver.track(wait());
    let event = next_event(&mut events).await;
    assert!(matches!(event, Event::Failed { .. }), "{event:?}");

    let url = receiver.reply_url("a-parent", None).unwrap();
    let body = callback("a-job", "completed");
    handle(&receiver, &url, &body);
    wait_until(|| receiver.stats().dropped == 1).await;
    is_up.store(true, Ordering::SeqCst);
    handle(&receiver, &url, &body);
    let event = next_event(&mut events).await;
    assert!(matches!(event, Event::Completed(_)), "{event:?}");
    // It is reported once, and a later wait has it too.
    receiver.track(wait());
    assert_eq!(receiver.wait(wait()).await.unwrap().seed(), 7);
    handle(&receiver, &url, &body);
    drop(receiver);
    assert!(timeout(SOON, events.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn every_kind_of_end_is_reported_once() {
    for (status, more) in [
        ("failed", json!({})),
        ("moderated", json!({})),
        (
            "failed",
            json!({ "code": 596, "error": "Pending mod message" }),
        ),
        ("completed", json!({})),
        ("completed", seed(4)),
    ] {
        let response = more.clone();
        let client = api(move |_| job(status, response.clone())).await;
        let (receiver, mut events) = receiver(&client);
        let url = receiver.reply_url("a-parent", None).unwrap();
        handle(&receiver, &url, &callback("a-job", status));
        let event = next_event(&mut events).await;
        assert!(event.is_terminal(), "{event:?}");
        assert_eq!(event.job_id(), "a-job");
        handle(&receiver, &url, &callback("a-job", status));
        drop(receiver);
        let event = timeout(SOON, events.next()).await.unwrap();
        assert!(event.is_none(), "{status} {more}: {event:?}");
    }
}

#[tokio::test]
async fn integer_ids_match_their_url() {
    let client = api(|uri| {
        assert!(uri.to_string().ends_with("jobid=18446744073709551615"));
        let mut more = seed(4);
        more["jobid"] = "18446744073709551615".into();
        more["parentJobId"] = "17".into();
        job("completed", more)
    })
    .await;
    let (receiver, mut events) = receiver(&client);
    let url = receiver.reply_url("17", Some("9")).unwrap();
    let body = json!({
        "jobid": 18_446_744_073_709_551_615_u64, "status": "completed",
        "parentJobId": 17, "replyRef": 9,
    });
    handle(&receiver, &url, &body);
    let event = next_event(&mut events).await;
    assert!(matches!(event, Event::Completed(_)), "{event:?}");
}

/// A callback may come a moment before the images are there.
#[tokio::test]
async fn incomplete_result_does_not_end_the_wait() {
    let polls = Arc::new(AtomicUsize::new(0));
    let client = api(move |_| match polls.fetch_add(1, Ordering::SeqCst) {
        0 => job("completed", json!({})),
        1 => job("completed", seed(2)),
        _ => job("completed", seed(4)),
    })
    .await;
    let (receiver, _events) = receiver(&client);
    let wait = polled_every(Duration::from_millis(20), &client.job("a-job"));
    let wait = receiver.wait(wait);
    let url = receiver.reply_url("a-parent", None).unwrap();
    handle(&receiver, &url, &callback("a-job", "completed"));
    assert_eq!(wait.await.unwrap().images().len(), 4);
}
