//! Calls of `replyUrl`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use useapi_seed_emulator::{Callback, Fault, Operation, Outcome};

use crate::caller::{Caller, eventually, id};

/// Serves a route, and returns its URL.
async fn serve(route: axum::routing::MethodRouter) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?key=5", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", route);
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// A receiver that rejects the first callbacks, and keeps the others.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn start(failures: usize) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let left = Arc::new(Mutex::new(failures));
        let receive = async move |Json(job): Json<Value>| {
            let mut left = left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            kept.lock().unwrap().push(job);
            StatusCode::OK
        };
        let url = serve(post(receive)).await;
        Self { url, received }
    }

    fn received(&self) -> Vec<Value> {
        self.received.lock().unwrap().clone()
    }

    fn statuses(&self) -> Vec<String> {
        let jobs = self.received();
        let statuses = jobs.iter().map(|job| job["status"].as_str().unwrap());
        statuses.map(ToOwned::to_owned).collect()
    }
}

/// Starts a job that calls back, and returns its id.
async fn start_job(caller: &Caller, reply_url: &str) -> String {
    let body = json!({ "jobid": caller.jobs().imagine, "replyUrl": reply_url, "replyRef": "r" });
    let (_, job) = caller.post(body).await;
    id(&job).to_owned()
}

/// Waits for a number of callbacks.
async fn called(caller: &Caller, count: usize) -> Vec<Callback> {
    eventually(|| caller.callbacks().len() >= count).await;
    caller.callbacks()
}

#[tokio::test]
async fn job_calls_back_on_progress_and_at_its_end() {
    let caller = Caller::start().await;
    let receiver = Receiver::start(0).await;
    let jobid = start_job(&caller, &receiver.url).await;
    assert!(caller.callbacks().is_empty());
    for (seconds, count) in [(5, 1), (18, 2), (22, 3)] {
        caller.advance_seconds(seconds);
        let callbacks = called(&caller, count).await;
        assert_eq!(callbacks[count - 1].outcome, Outcome::Responded(200));
    }
    assert_eq!(receiver.statuses(), ["progress", "progress", "completed"]);
    let jobs = receiver.received();
    // The last is the same as the response to a poll.
    assert_eq!((200, jobs[2].clone()), caller.get(&jobid).await);
    assert_eq!(jobs[2]["replyRef"], "r");
    assert_eq!(jobs[2]["seed"]["value"], 3_058_471_692_u32);
}

#[tokio::test]
async fn cancelled_job_calls_back_immediately() {
    let caller = Caller::start().await;
    let receiver = Receiver::start(0).await;
    let jobid = start_job(&caller, &receiver.url).await;
    assert_eq!(caller.cancel(&jobid).await.0, 200);
    called(&caller, 1).await;
    assert_eq!(receiver.statuses(), ["cancelled"]);
    start_job(&caller, "").await;
    caller.advance_seconds(45);
    let counts = caller.job_counts()[&caller.jobs().imagine];
    assert_eq!((counts.started, counts.completed), (2, 1));
    assert_eq!((counts.failed, counts.cancelled), (0, 1));
}

#[tokio::test]
async fn job_of_halted_account_calls_back() {
    let caller = Caller::start().await;
    let receiver = Receiver::start(0).await;
    let body = json!({ "jobid": caller.jobs().halted, "replyUrl": receiver.url });
    let (status, failed) = caller.post(body).await;
    assert_eq!((status, &failed["status"]), (596, &json!("failed")));
    called(&caller, 1).await;
    assert_eq!(receiver.received(), [failed]);
}

#[tokio::test]
async fn failed_callback_is_repeated() {
    let caller = Caller::start().await;
    let receiver = Receiver::start(2).await;
    start_job(&caller, &receiver.url).await;
    caller.advance_seconds(5);
    called(&caller, 1).await;
    // A retry waits for the clock.
    for _ in 0..5 {
        caller.get(&caller.jobs().imagine).await;
    }
    assert_eq!(caller.callbacks().len(), 1);
    eventually(|| {
        caller.advance_seconds(1);
        caller.callbacks().len() == 5
    })
    .await;
    let outcomes = caller.callbacks();
    let failed = |callback: &&Callback| callback.outcome == Outcome::Responded(500);
    assert_eq!(outcomes.iter().filter(failed).count(), 2);
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn external_url_is_not_called() {
    for url in ["http://192.0.2.1/hook", "no address"] {
        let caller = Caller::with_fault(Operation::Callback, Fault::Dropped).await;
        start_job(&caller, url).await;
        caller.advance_seconds(5);
        let callbacks = called(&caller, 1).await;
        assert_eq!(callbacks[0].outcome, Outcome::Rejected, "{callbacks:?}");
        // The fault is for one that is sent.
        assert_eq!(callbacks[0].fault, None);
        assert_eq!(caller.hits(), [0]);
    }
}

#[tokio::test]
async fn at_most_64_callbacks_are_concurrent() {
    let caller = Caller::with_scenario(
        "[[account]]\nchannel = \"1114555266835431444\"\ndiscord = \"ROOM-of-the-account\"\n\
         max_jobs = 70\n",
    )
    .await;
    let arrived = Arc::new(AtomicUsize::new(0));
    let responses = Arc::new(Semaphore::new(0));
    let (count, permits) = (Arc::clone(&arrived), Arc::clone(&responses));
    let receive = async move || {
        count.fetch_add(1, Ordering::SeqCst);
        // It is never closed.
        drop(permits.acquire().await);
    };
    let url = serve(post(receive)).await;
    for _ in 0..70 {
        start_job(&caller, &url).await;
    }
    caller.advance_seconds(5);
    eventually(|| arrived.load(Ordering::SeqCst) >= 64).await;
    // When these have responses, any other callback would have arrived, too.
    for _ in 0..5 {
        caller.get(&caller.jobs().imagine).await;
    }
    assert_eq!(arrived.load(Ordering::SeqCst), 64);
    responses.add_permits(1);
    called(&caller, 70).await;
    assert_eq!(arrived.load(Ordering::SeqCst), 70);
}

#[tokio::test]
async fn faults_apply_to_callbacks() {
    let late = Fault::latency(Duration::from_millis(30));
    // How many callbacks there are after each milestone, and what is received.
    for (fault, counts, received) in [
        (Fault::Dropped, [1, 2, 3], "progress completed"),
        (
            Fault::Duplicated,
            [2, 3, 4],
            "progress progress progress completed",
        ),
        (late, [1, 2, 3], "progress progress completed"),
        (Fault::Reordered, [0, 2, 3], "progress progress completed"),
    ] {
        let caller = Caller::with_fault(Operation::Callback, fault.clone()).await;
        let receiver = Receiver::start(0).await;
        start_job(&caller, &receiver.url).await;
        for (seconds, count) in [5, 18, 22].into_iter().zip(counts) {
            caller.advance_seconds(seconds);
            called(&caller, count).await;
        }
        assert_eq!(receiver.statuses().join(" "), received, "{fault:?}");
        assert_eq!(caller.hits(), [1]);
        let jobs = receiver.received();
        let is_sorted = jobs.is_sorted_by_key(|job| job["updated"].as_str());
        assert_eq!(is_sorted, fault != Fault::Reordered);
    }
}
