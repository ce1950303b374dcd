//! Calls of `replyUrl`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use useapi_seed_emulator::{Callback, Emulator, Fault, Operation, Outcome, Scenario, Trigger};

use crate::caller::{get, request};

/// A receiver that fails so often, and then takes what comes.
struct Receiver {
    url: String,
    taken: Arc<Mutex<Vec<Value>>>,
}

async fn receiver(failures: usize) -> Receiver {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?key=5", listener.local_addr().unwrap());
    let left = Arc::new(Mutex::new(failures));
    let take = {
        let taken = Arc::clone(&taken);
        async move |Json(job): Json<Value>| {
            let mut left = left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            taken.lock().unwrap().push(job);
            StatusCode::OK
        }
    };
    let router = axum::Router::new().route("/hook", post(take));
    tokio::spawn(axum::serve(listener, router).into_future());
    Receiver { url, taken }
}

/// Starts a job that calls back, and gives its id.
async fn started(emulator: &Emulator, reply_url: &str) -> String {
    let body = json!({ "jobid": emulator.jobs().imagine, "replyUrl": reply_url, "replyRef": "r" });
    let call = request(emulator, Method::POST, "/jobs/seed_async").json(&body);
    let job: Value = call.send().await.unwrap().json().await.unwrap();
    job["jobid"].as_str().unwrap().to_owned()
}

/// Waits until so many callbacks are written down.
async fn called(emulator: &Emulator, count: usize) -> Vec<Callback> {
    let begun = Instant::now();
    while emulator.callbacks().len() < count {
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{:?}",
            emulator.callbacks()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    emulator.callbacks()
}

fn statuses(callbacks: &[Callback]) -> Vec<&str> {
    callbacks
        .iter()
        .map(|callback| callback.body["status"].as_str().unwrap())
        .collect()
}

async fn stopped() -> Emulator {
    Emulator::builder().paused().start().await.unwrap()
}

#[tokio::test]
async fn news_come_on_progress_and_at_the_end() {
    let emulator = stopped().await;
    let receiver = receiver(0).await;
    let jobid = started(&emulator, &receiver.url).await;
    assert!(emulator.callbacks().is_empty());
    for (seconds, count) in [(5, 1), (18, 2), (22, 3)] {
        emulator.advance(Duration::from_secs(seconds));
        called(&emulator, count).await;
    }
    let callbacks = emulator.callbacks();
    assert_eq!(statuses(&callbacks), ["progress", "progress", "completed"]);
    assert!(
        callbacks
            .iter()
            .all(|callback| callback.outcome == Outcome::Responded(200))
    );
    let taken = receiver.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 3);
    // The last is what a look gives.
    let (_, job) = get(&emulator, &jobid).await;
    assert_eq!(taken[2], job);
    assert_eq!(taken[2]["replyRef"], "r");
    assert_eq!(taken[2]["seed"]["value"], 3_058_471_692_u32);
}

#[tokio::test]
async fn a_cancelled_job_is_told_of_at_once() {
    let emulator = stopped().await;
    let receiver = receiver(0).await;
    let jobid = started(&emulator, &receiver.url).await;
    let cancel = request(&emulator, Method::GET, "/jobs/cancel/").query(&[("jobid", &jobid)]);
    assert_eq!(cancel.send().await.unwrap().status(), 200);
    assert_eq!(statuses(&called(&emulator, 1).await), ["cancelled"]);
}

#[tokio::test]
async fn a_job_that_its_halted_account_fails_is_told_of() {
    let emulator = stopped().await;
    let receiver = receiver(0).await;
    let body = json!({ "jobid": emulator.jobs().halted, "replyUrl": receiver.url });
    let (status, failed) = crate::caller::post(&emulator, body).await;
    assert_eq!(status, 596);
    assert_eq!(statuses(&called(&emulator, 1).await), ["failed"]);
    assert_eq!(receiver.taken.lock().unwrap()[0], failed);
}

#[tokio::test]
async fn what_is_not_taken_comes_again() {
    let emulator = stopped().await;
    let receiver = receiver(2).await;
    started(&emulator, &receiver.url).await;
    for (seconds, count) in [(5, 1), (10, 2)] {
        emulator.advance(Duration::from_secs(seconds));
        called(&emulator, count).await;
    }
    // Two have failed. The third try is due in a minute, the job's end sooner.
    emulator.advance(Duration::from_secs(30));
    called(&emulator, 4).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    emulator.advance(Duration::from_secs(31));
    let callbacks = called(&emulator, 5).await;
    let failed = |callback: &Callback| callback.outcome == Outcome::Responded(500);
    assert_eq!(
        callbacks.iter().filter(|callback| failed(callback)).count(),
        2
    );
    assert_eq!(receiver.taken.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn nothing_leaves_loopback() {
    for url in [
        "https://example.com/hook",
        "https://127.0.0.1/hook",
        "http://192.0.2.1/hook",
        "http://localhost.example.com/hook",
        "no address",
    ] {
        let emulator = stopped().await;
        emulator
            .inject(Operation::Callback, Trigger::Next(1), Fault::Dropped)
            .unwrap();
        started(&emulator, url).await;
        emulator.advance(Duration::from_secs(5));
        let callbacks = called(&emulator, 1).await;
        assert_eq!(callbacks[0].outcome, Outcome::Rejected, "{callbacks:?}");
        // The fault is for one that is sent.
        assert_eq!(callbacks[0].fault, None);
        assert_eq!(emulator.faults()[0].hits, 0);
    }
}

#[tokio::test]
async fn no_more_than_64_are_under_way() {
    let scenario = "title = \"Room for many\"\n[[account]]\nchannel = \"1114555266835431444\"\n\
                    discord = \"ROOM-of-the-account\"\nmax_jobs = 70\n";
    let emulator = Emulator::builder()
        .paused()
        .scenario(Scenario::from_toml(scenario).unwrap());
    let emulator = emulator.start().await.unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (arrived, doors) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let take = {
        let (arrived, doors) = (Arc::clone(&arrived), Arc::clone(&doors));
        async move || {
            arrived.fetch_add(1, Ordering::SeqCst);
            // It is never closed.
            drop(doors.acquire().await);
        }
    };
    let router = axum::Router::new().route("/hook", post(take));
    tokio::spawn(axum::serve(listener, router).into_future());
    for _ in 0..70 {
        started(&emulator, &url).await;
    }
    emulator.advance(Duration::from_secs(5));
    let begun = Instant::now();
    while arrived.load(Ordering::SeqCst) < 64 {
        assert!(begun.elapsed() < Duration::from_secs(8));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Whatever else was to be sent has been, when these are answered.
    for _ in 0..5 {
        get(&emulator, &emulator.jobs().imagine).await;
    }
    assert_eq!(arrived.load(Ordering::SeqCst), 64);
    doors.add_permits(1);
    called(&emulator, 70).await;
    assert_eq!(arrived.load(Ordering::SeqCst), 70);
}

#[tokio::test]
async fn callbacks_are_lost_doubled_late_and_overtaken() {
    let late = Fault::Latency { milliseconds: 30 };
    for (fault, taken) in [
        (Fault::Dropped, vec!["progress", "completed"]),
        (
            Fault::Duplicated,
            vec!["progress", "progress", "progress", "completed"],
        ),
        (late, vec!["progress", "progress", "completed"]),
    ] {
        let emulator = stopped().await;
        emulator
            .inject(Operation::Callback, Trigger::Next(1), fault.clone())
            .unwrap();
        let receiver = receiver(0).await;
        started(&emulator, &receiver.url).await;
        let mut count = usize::from(fault == Fault::Duplicated);
        for seconds in [5, 18, 22] {
            emulator.advance(Duration::from_secs(seconds));
            count += 1;
            called(&emulator, count).await;
        }
        let bodies = receiver.taken.lock().unwrap().clone();
        let statuses: Vec<_> = bodies
            .iter()
            .map(|job| job["status"].as_str().unwrap())
            .collect();
        assert_eq!(statuses, taken, "{fault:?}");
        assert_eq!(emulator.faults()[0].hits, 1);
    }

    let emulator = Emulator::builder()
        .paused()
        .fault(Operation::Callback, Trigger::Next(2), Fault::Reordered)
        .start()
        .await
        .unwrap();
    let receiver = receiver(0).await;
    started(&emulator, &receiver.url).await;
    emulator.advance(Duration::from_secs(45));
    called(&emulator, 3).await;
    let bodies = receiver.taken.lock().unwrap().clone();
    let statuses: Vec<_> = bodies
        .iter()
        .map(|job| job["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["completed", "progress", "progress"]);
    let updated = |index: usize| bodies[index]["updated"].as_str().unwrap();
    assert!(
        updated(0) > updated(2) && updated(2) > updated(1),
        "{bodies:?}"
    );
}

#[tokio::test]
async fn jobs_are_counted_for_each_parent() {
    let emulator = stopped().await;
    let cancelled = started(&emulator, "").await;
    request(&emulator, Method::GET, "/jobs/cancel/")
        .query(&[("jobid", &cancelled)])
        .send()
        .await
        .unwrap();
    started(&emulator, "").await;
    emulator.advance(Duration::from_secs(45));
    let counts = emulator.job_counts();
    let counts = counts[&emulator.jobs().imagine];
    assert_eq!((counts.started, counts.completed), (2, 1));
    assert_eq!((counts.failed, counts.cancelled), (0, 1));
}
