//! An emulator with an HTTP client that validates every response of the API against the
//! spec.

use std::ops::Deref;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use useapi_seed_emulator::{Emulator, EmulatorBuilder, Fault, Operation, Scenario, Trigger};

use crate::spec;

/// A status and a body.
pub(crate) type Reply = (u16, Value);

/// Width and height of an image.
pub(crate) const SIDE: u32 = 1024;
/// The channel of the samples' account.
pub(crate) const CHANNEL: &str = "1114555266835431444";

/// An emulator, and calls of it.
pub(crate) struct Caller(pub(crate) Emulator);

impl Deref for Caller {
    type Target = Emulator;

    fn deref(&self) -> &Emulator {
        &self.0
    }
}

impl Caller {
    /// With a paused clock.
    pub(crate) async fn start() -> Self {
        Self::of(Emulator::builder().paused()).await
    }

    /// With a paused clock, and a fault for the next call.
    pub(crate) async fn with_fault(operation: Operation, fault: Fault) -> Self {
        let caller = Self::start().await;
        caller.inject_next(operation, fault);
        caller
    }

    /// With a paused clock, and a scenario.
    pub(crate) async fn with_scenario(toml: &str) -> Self {
        let scenario = Scenario::from_toml(toml).unwrap();
        Self::of(Emulator::builder().paused().scenario(scenario)).await
    }

    pub(crate) async fn of(builder: EmulatorBuilder) -> Self {
        Self(builder.start().await.unwrap())
    }

    pub(crate) fn inject_next(&self, operation: Operation, fault: Fault) {
        self.inject(operation, Trigger::Next(1), fault).unwrap();
    }

    /// How often each fault was applied.
    pub(crate) fn hits(&self) -> Vec<u64> {
        self.faults().iter().map(|fault| fault.hits).collect()
    }

    pub(crate) fn advance_seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// Host and port of the API.
    pub(crate) fn authority(&self) -> &str {
        let url = self.base_url().trim_start_matches("http://");
        url.trim_end_matches("/v2")
    }

    /// The URL of a path that does not begin with the API's.
    pub(crate) fn root_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// A request without a token.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, format!("{}{path}", self.base_url()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.token())
    }

    /// A request for the seed of the first sample.
    pub(crate) fn submission(&self) -> RequestBuilder {
        let body = json!({ "jobid": self.jobs().imagine });
        self.request(Method::POST, "/jobs/seed_async").json(&body)
    }

    /// A poll of the first sample.
    pub(crate) fn poll(&self) -> RequestBuilder {
        let query = [("jobid", &self.jobs().imagine)];
        self.request(Method::GET, "/jobs/").query(&query)
    }

    pub(crate) async fn post(&self, body: Value) -> Reply {
        let call = self.request(Method::POST, "/jobs/seed_async");
        validated(call.json(&body)).await
    }

    /// Requests a seed.
    pub(crate) async fn submit(&self, jobid: &str) -> Reply {
        self.post(json!({ "jobid": jobid })).await
    }

    /// Requests a seed, and expects that a job is started.
    pub(crate) async fn start_job(&self, jobid: &str) -> Value {
        let (status, job) = self.submit(jobid).await;
        assert_eq!((status, &job["status"]), (200, &json!("started")), "{job}");
        job
    }

    pub(crate) async fn get(&self, jobid: &str) -> Reply {
        let call = self.request(Method::GET, "/jobs/");
        validated(call.query(&[("jobid", jobid)])).await
    }

    pub(crate) async fn cancel(&self, jobid: &str) -> Reply {
        let call = self.request(Method::GET, "/jobs/cancel/");
        validated(call.query(&[("jobid", jobid)])).await
    }

    /// The ids of the executing jobs.
    pub(crate) async fn list(&self) -> Value {
        validated(self.request(Method::GET, "/jobs")).await.1
    }

    /// Resets the samples' account.
    pub(crate) async fn reset(&self) -> u16 {
        let path = format!("/account/midjourney/{CHANNEL}/reset");
        send(self.request(Method::POST, &path))
            .await
            .status()
            .into()
    }

    /// Retrieves a seed by advancing the clock.
    pub(crate) async fn retrieve(&self, jobid: &str) -> Value {
        let job = self.start_job(jobid).await;
        self.advance_seconds(45);
        let (status, job) = self.get(id(&job)).await;
        assert_eq!((status, &job["status"]), (200, &json!("completed")));
        job
    }

    /// The link of the first image of a retrieved sample.
    pub(crate) async fn link(&self) -> String {
        let job = self.retrieve(&self.jobs().imagine).await;
        url(&job["seed"]["attachments"][0])
    }
}

/// A client that keeps no connection open and follows no redirect.
pub(crate) fn client() -> Client {
    client_with_timeout(Duration::from_secs(20))
}

pub(crate) fn client_with_timeout(timeout: Duration) -> Client {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.timeout(timeout).no_proxy().build().unwrap()
}

/// The response, which may have a fault.
pub(crate) async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// The JSON of a response, which may have a fault.
pub(crate) async fn json_of(request: RequestBuilder) -> Value {
    send(request).await.json().await.unwrap()
}

pub(crate) async fn fetch(url: &str) -> Response {
    send(client().get(url)).await
}

/// Sends a request of the API, and validates the response against the spec.
pub(crate) async fn validated(request: RequestBuilder) -> Reply {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, url) = (request.method().clone(), request.url().clone());
    let response = client.execute(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.text().await.unwrap();
    let path = url.path().strip_prefix("/v2").unwrap();
    let violations = match spec::API.operation(&method, path) {
        Some(operation) => spec::API.violations(operation, status, &headers, &body),
        None if [404, 405].contains(&status) => Vec::new(),
        None => vec!["there is no such operation".to_owned()],
    };
    let call = format!("{method} {url} {status}");
    assert!(violations.is_empty(), "{call}: {violations:#?}\n{body}");
    (status, serde_json::from_str(&body).unwrap())
}

/// Waits until a condition holds, for at most 15 seconds.
pub(crate) async fn eventually(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(15), "timeout");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The names of an object's fields, sorted.
pub(crate) fn fields(object: &Value) -> String {
    let names = object.as_object().unwrap().keys().map(String::as_str);
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.join(" ")
}

/// The id of a job.
pub(crate) fn id(job: &Value) -> &str {
    job["jobid"].as_str().unwrap()
}

/// The link of an attachment.
pub(crate) fn url(attachment: &Value) -> String {
    attachment["url"].as_str().unwrap().to_owned()
}
