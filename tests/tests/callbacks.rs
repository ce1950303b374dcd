//! Callbacks, from the emulator through sockets to whoever waits.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

#[path = "callbacks/attacks.rs"]
mod attacks;
#[path = "callbacks/load.rs"]
mod load;
#[path = "callbacks/news.rs"]
mod news;
#[path = "callbacks/refusals.rs"]
mod refusals;
#[path = "callbacks/waits.rs"]
mod waits;

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use useapi_seed::{Client, Job, SubmitOptions, SubmitOutcome};
use useapi_seed_callback::{Events, Key, Receiver, ReceiverBuilder};
use useapi_seed_emulator::Emulator;

/// Longer than any test takes: what comes sooner has not been polled for.
const NEVER: Duration = Duration::from_secs(600);

/// The emulator, with a receiver that it can reach.
struct Setting {
    emulator: Emulator,
    client: Client,
    receiver: Receiver,
    events: Events,
    http: reqwest::Client,
    address: String,
}

impl Setting {
    async fn new() -> Self {
        Self::with(
            Emulator::builder().paused().start().await.unwrap(),
            |builder| builder,
        )
        .await
    }

    async fn with(
        emulator: Emulator,
        configure: impl FnOnce(ReceiverBuilder) -> ReceiverBuilder,
    ) -> Self {
        let client = Client::builder(emulator.token()).base_url(emulator.base_url());
        let client = client.build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let base = format!("{address}/callbacks");
        let builder = Receiver::builder(client.clone(), base, Key::new([1; 32]));
        let (receiver, events) = configure(builder).build().unwrap();
        let app = axum::Router::new().nest("/callbacks", receiver.router());
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

    /// A job that is called back about.
    async fn started(&self, reply_ref: Option<&str>) -> Job {
        self.started_of(&self.emulator.jobs().imagine, reply_ref)
            .await
    }

    async fn started_of(&self, parent: &str, reply_ref: Option<&str>) -> Job {
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

    /// The answer to a callback of our own.
    async fn call(&self, url: &str, body: &Value) -> StatusCode {
        let call = self.http.post(url).json(body).send();
        call.await.unwrap().status()
    }

    /// The address of a callback about the sample job.
    fn reply_url(&self) -> String {
        let parent = self.emulator.jobs().imagine.as_str();
        self.receiver.reply_url(parent, None).unwrap()
    }

    /// How often the API was asked for a job.
    fn looks(&self) -> usize {
        let calls = self.emulator.journal().into_iter();
        calls
            .filter(|call| call.operation == Some(useapi_seed_emulator::Operation::GetJob))
            .count()
    }
}

fn claim(job_id: &str, status: &str) -> Value {
    json!({ "jobid": job_id, "status": status, "verb": "seed_async" })
}

/// Returns as soon as this holds; fails when it does not for long.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("not in time: {what}");
}
