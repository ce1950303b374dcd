//! A plain HTTP client of the API.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

/// A status and a body.
pub(crate) type Answer = (u16, Value);

/// Width and height of a picture: painted, or else prebuilt.
pub(crate) const SIDE: u32 = if cfg!(feature = "pictures") { 1024 } else { 1 };

/// A clock on which a retrieval takes 75 milliseconds.
pub(crate) async fn fast() -> Emulator {
    Emulator::builder().time_scale(600.0).start().await.unwrap()
}

/// A client that keeps no connection open and follows no redirect.
pub(crate) fn client() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert_eq!(kind, "application/json");
    (status, response.json().await.unwrap())
}

pub(crate) fn request(emulator: &Emulator, method: Method, path: &str) -> RequestBuilder {
    client()
        .request(method, format!("{}{path}", emulator.base_url()))
        .bearer_auth(emulator.token())
}

pub(crate) async fn post(emulator: &Emulator, body: Value) -> Answer {
    answer(request(emulator, Method::POST, "/jobs/seed_async").json(&body)).await
}

/// Asks for a seed and expects that its retrieval is started.
pub(crate) async fn start(emulator: &Emulator, jobid: &str) -> Value {
    let (status, job) = post(emulator, json!({ "jobid": jobid })).await;
    assert_eq!((status, &job["status"]), (200, &json!("started")), "{job}");
    job
}

pub(crate) async fn get(emulator: &Emulator, jobid: &str) -> Answer {
    answer(request(emulator, Method::GET, "/jobs/").query(&[("jobid", jobid)])).await
}

/// Polls until a job has a status, for at most 15 seconds.
pub(crate) async fn wait_for(emulator: &Emulator, jobid: &str, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let (code, job) = get(emulator, jobid).await;
        assert_eq!(code, 200, "{job}");
        if job["status"] == status {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{job}");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Retrieves the seed of a sample and waits for it.
pub(crate) async fn retrieve(emulator: &Emulator, jobid: &str) -> Value {
    let job = start(emulator, jobid).await;
    wait_for(emulator, job["jobid"].as_str().unwrap(), "completed").await
}

/// The names of an object's fields, sorted.
pub(crate) fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// The link of an attachment.
pub(crate) fn url(attachment: &Value) -> String {
    attachment["url"].as_str().unwrap().to_owned()
}
