//! Events and results that callbacks bring.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use useapi_seed::{Client, ErrorKind};
use useapi_seed_callback::{Event, Key, Receiver};
use useapi_seed_emulator::{Fault, Operation, Trigger};

use crate::{
    FOREVER, Harness, JOB_TIME, SOON, api, callback, handle, job, next_event, polled_every,
    receiver, unpolled, wait_until,
};

#[tokio::test]
async fn wait_ends_when_the_callback_comes() {
    let harness = Harness::new().await;
    let job = harness.started(Some("order-17")).await;
    let wait = tokio::spawn(harness.receiver.wait(unpolled(&job)));
    harness.emulator.advance(JOB_TIME);
    let result = timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    assert_eq!(result.job_id(), job.id());
    assert_eq!(result.images().len(), 4);
    let stats = harness.receiver.stats();
    assert!(stats.accepted > 0);
    assert_eq!((stats.mismatched, stats.unknown_url), (0, 0));
}

#[tokio::test]
async fn tracked_job_reports_each_change_once() {
    let mut harness = Harness::new().await;
    let job = harness.started(None).await;
    harness.receiver.track(unpolled(&job));
    let mut percents = Vec::new();
    let end = loop {
        harness.emulator.advance(Duration::from_secs(10));
        match timeout(Duration::from_millis(300), harness.events.next()).await {
            Ok(Some(Event::Progress(progress))) => percents.push(progress.percent),
            Ok(event) => break event.unwrap(),
            Err(_) => {}
        }
    };
    assert!(matches!(&end, Event::Completed(result) if result.job_id() == job.id()));
    assert!(end.is_terminal());
    let mut changes = percents.clone();
    changes.dedup();
    assert_eq!(changes, percents);

    // Callbacks about an ended job are ignored.
    let polls = harness.polls();
    for status in ["progress", "completed", "failed"] {
        let callback = callback(job.id(), status);
        assert_eq!(harness.call(&harness.reply_url(), &callback).await, 200);
    }
    harness.verify_all().await;
    assert_eq!(harness.polls(), polls + 1);
    assert!(harness.has_no_event());
}

#[tokio::test]
async fn lost_callbacks_are_covered_by_polling() {
    let harness = Harness::new().await;
    harness
        .emulator
        .inject(Operation::Callback, Trigger::Next(1000), Fault::Dropped)
        .unwrap();
    let job = harness.started(None).await;
    harness.emulator.advance(JOB_TIME);
    let wait = polled_every(Duration::from_millis(20), &job);
    let result = timeout(SOON, harness.receiver.wait(wait)).await.unwrap();
    assert_eq!(result.unwrap().job_id(), job.id());
    assert_eq!(harness.receiver.stats().accepted, 0);
}

#[tokio::test]
async fn woken_wait_is_polled_less_often() {
    let polls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&polls);
    // Each poll brings a change.
    let client = api(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        job("progress", json!({ "content": number.to_string() }))
    })
    .await;
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    let (receiver, _events) = builder.poll_interval_after_wake(FOREVER).build().unwrap();
    let interval = Duration::from_millis(20);
    let wait = polled_every(interval, &client.job("a-job"));
    tokio::spawn(receiver.wait(wait));
    let polls = || polls.load(Ordering::SeqCst);
    // Without a callback it is polled at its interval.
    wait_until(|| polls() > 5).await;

    let url = receiver.reply_url("a-parent", None).unwrap();
    handle(&receiver, &url, &callback("a-job", "progress"));
    let mut last = 0;
    while polls() > last {
        last = polls();
        tokio::time::sleep(10 * interval).await;
        assert!(last < 1_000, "it is polled at its interval");
    }
}

#[tokio::test]
async fn cancelled_job_is_reported_as_failed() {
    let mut harness = Harness::new().await;
    let job = harness.started(None).await;
    harness.receiver.track(unpolled(&job));
    job.cancel().await.unwrap();
    let callback = callback(job.id(), "cancelled");
    harness.call(&harness.reply_url(), &callback).await;
    let Event::Failed { job_id, error, .. } = harness.next_event().await else {
        panic!("it has failed");
    };
    assert_eq!(job_id, job.id());
    assert!(matches!(error.kind(), ErrorKind::JobFailed { .. }));
}

/// URLs are stateless.
#[tokio::test]
async fn callback_after_a_restart_brings_the_result() {
    let harness = Harness::new().await;
    let job = harness.started(Some("r")).await;
    let parent = harness.emulator.jobs().imagine.clone();
    let url = harness.receiver.reply_url(&parent, Some("r")).unwrap();
    let account = harness.receiver.account_url();
    harness.emulator.advance(JOB_TIME);

    // Another process, with a new key and the previous one.
    let client = Client::builder(harness.emulator.token()).base_url(harness.emulator.base_url());
    let base_url = format!("{}/callbacks", harness.address);
    let builder = Receiver::builder(client.build().unwrap(), base_url, Key::new([2; 32]));
    let (receiver, mut events) = builder.previous_key(Key::new([1; 32])).build().unwrap();
    let mut body = callback(job.id(), "completed");
    body["replyRef"] = "r".into();
    handle(&receiver, &url, &body);
    let event = next_event(&mut events).await;
    assert!(matches!(&event, Event::Completed(result) if result.job_id() == job.id()));

    // The account's URL is for all of its jobs.
    let button = harness.emulator.jobs().button.clone();
    let other = harness.started_for(&button, None).await;
    handle(&receiver, &account, &callback(other.id(), "progress"));
    let event = next_event(&mut events).await;
    assert_eq!(event.job_id(), other.id());
    assert!(!event.is_terminal());
}

#[tokio::test]
async fn unsolicited_callback_needs_a_reader_of_events() {
    let polls = Arc::new(AtomicUsize::new(0));
    let unsolicited = Arc::new(AtomicUsize::new(0));
    let counts = (Arc::clone(&polls), Arc::clone(&unsolicited));
    let client = api(move |uri| {
        let is_awaited = uri.to_string().ends_with("jobid=a-job");
        let count = if is_awaited { &counts.0 } else { &counts.1 };
        count.fetch_add(1, Ordering::SeqCst);
        job("progress", json!({}))
    })
    .await;
    let (receiver, events) = receiver(&client);
    drop(events);
    let body = callback("another-job", "progress");
    handle(&receiver, &receiver.account_url(), &body);
    let wait = polled_every(Duration::from_millis(20), &client.job("a-job"));
    tokio::spawn(receiver.wait(wait));
    wait_until(|| polls.load(Ordering::SeqCst) > 5).await;
    assert_eq!(unsolicited.load(Ordering::SeqCst), 0);
}
