//! Callbacks through sockets: from the emulator, forged ones, and thousands of them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

mod events;
mod forgery;
mod load;
mod rejections;
mod server;
mod waits;

use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use useapi_seed::reqwest::{self, StatusCode};
use useapi_seed::{Client, Job, RetryPolicy, SubmitOptions, SubmitOutcome, Wait, WaitOptions};
use useapi_seed_callback::{Event, Events, Key, Receiver, ReceiverBuilder};
use useapi_seed_emulator::{Emulator, Operation};

/// Longer than any test takes: what comes earlier was not polled for.
const FOREVER: Duration = Duration::from_secs(600);
/// Long before the next poll, however busy the machine is.
const SOON: Duration = Duration::from_secs(60);
/// Longer than a job takes at the emulator.
const JOB_TIME: Duration = Duration::from_secs(120);

/// The emulator with a paused clock, and a receiver that it can reach.
struct Harness {
    emulator: Emulator,
    client: Client,
    receiver: Receiver,
    events: Events,
    http: reqwest::Client,
    address: String,
}

impl Harness {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(configure: impl FnOnce(ReceiverBuilder) -> ReceiverBuilder) -> Self {
        let emulator = Emulator::builder().paused().start().await.unwrap();
        let client = Client::builder(emulator.token()).base_url(emulator.base_url());
        let client = client.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let base_url = format!("{address}/callbacks");
        let builder = Receiver::builder(client.clone(), base_url, Key::new([1; 32]));
        let (receiver, events) = configure(builder).build().unwrap();
        let app = Router::new().nest("/callbacks", receiver.router());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            emulator,
            client,
            receiver,
            events,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            address,
        }
    }

    /// A seed job of the sample imagine job, with callbacks.
    async fn started(&self, reply_ref: Option<&str>) -> Job {
        self.started_for(&self.emulator.jobs().imagine, reply_ref)
            .await
    }

    async fn started_for(&self, parent: &str, reply_ref: Option<&str>) -> Job {
        let reply_url = self.receiver.reply_url(parent, reply_ref).unwrap();
        let mut options = SubmitOptions::default().reply_url(reply_url);
        if let Some(reply_ref) = reply_ref {
            options = options.reply_ref(reply_ref);
        }
        let submit = self.client.submit(parent).with_options(options);
        match submit.await.unwrap() {
            SubmitOutcome::Started(job) => job,
            other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
        }
    }

    /// The URL for callbacks about the sample imagine job.
    fn reply_url(&self) -> String {
        let parent = self.emulator.jobs().imagine.as_str();
        self.receiver.reply_url(parent, None).unwrap()
    }

    /// Sends a callback, which may be forged.
    async fn call(&self, url: &str, body: &Value) -> StatusCode {
        let call = self.http.post(url).json(body).send();
        call.await.unwrap().status()
    }

    async fn next_event(&mut self) -> Event {
        next_event(&mut self.events).await
    }

    /// How many polls the API has received.
    fn polls(&self) -> usize {
        let calls = self.emulator.journal().into_iter();
        calls
            .filter(|call| call.operation == Some(Operation::GetJob))
            .count()
    }

    /// Returns once all unsolicited callbacks so far were verified: they are in the same
    /// queue as this one, about a job that does not exist. Costs one poll.
    async fn verify_all(&self) {
        let before = self.receiver.stats().mismatched;
        let callback = callback("no-such-job", "progress");
        assert_eq!(self.call(&self.reply_url(), &callback).await, 200);
        wait_until(|| self.receiver.stats().mismatched > before).await;
    }

    fn has_no_event(&mut self) -> bool {
        self.events.next().now_or_never().is_none()
    }
}

/// An API that responds to polls with this.
async fn api(respond: impl Fn(&Uri) -> Response + Clone + Send + Sync + 'static) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    let app = Router::new().fallback(move |uri: Uri| {
        let response = respond(&uri);
        async move { response }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::builder("a-token").base_url(base_url);
    // For jobs of unsolicited callbacks.
    let options = WaitOptions::default().poll_interval(Duration::from_millis(20));
    let client = client.retry(RetryPolicy::disabled()).wait_options(options);
    client.build().unwrap()
}

/// A receiver without a server: callbacks are passed to it.
fn receiver(client: &Client) -> (Receiver, Events) {
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    builder.build().unwrap()
}

fn job(status: &str, more: Value) -> Response {
    let mut job = json!({
        "jobid": "a-job", "verb": "seed_async", "status": status, "parentJobId": "a-parent",
    });
    if let (Some(job), Value::Object(more)) = (job.as_object_mut(), more) {
        job.extend(more);
    }
    axum::Json(job).into_response()
}

/// A seed with this many images.
fn seed(images: usize) -> Value {
    json!({ "seed": { "value": 7, "attachments": vec![json!({"url": "http://a/"}); images] } })
}

/// The wait for a job that is polled only when it is woken.
fn unpolled(job: &Job) -> Wait {
    polled_every(FOREVER, job)
}

fn polled_every(interval: Duration, job: &Job) -> Wait {
    let options = WaitOptions::default().poll_interval(interval);
    job.wait().with_options(options.timeout(FOREVER))
}

fn callback(job_id: &str, status: &str) -> Value {
    json!({ "jobid": job_id, "status": status, "verb": "seed_async" })
}

fn path(url: &str) -> String {
    url::Url::parse(url).unwrap().path().to_owned()
}

/// Passes a callback to a receiver without a server.
fn handle(receiver: &Receiver, url: &str, body: &Value) {
    let body = body.to_string();
    receiver.handle(&path(url), body.as_bytes()).unwrap();
}

async fn next_event(events: &mut Events) -> Event {
    timeout(SOON, events.next()).await.unwrap().unwrap()
}

/// Returns as soon as the condition holds.
async fn wait_until(condition: impl Fn() -> bool) {
    let held = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(SOON, held).await.expect("the condition holds");
}
