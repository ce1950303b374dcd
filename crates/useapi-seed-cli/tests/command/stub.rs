//! A service that answers as a test wants it to.

use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::process::{At, Run, command};
use std::path::Path;

pub(crate) const TOKEN: &str = "user:1-stub-emulator-token";

/// A grey picture of one pixel.
pub(crate) const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\
    \x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\
    \x00\x00\x00\x0aIDATx\x9cc\xa8\x07\x00\x00\x81\x00\x80\xd3\x94SJ\
    \x00\x00\x00\x00IEND\xaeB`\x82";

pub(crate) struct Stub(MockServer);

impl Stub {
    pub(crate) async fn start() -> Self {
        Self(MockServer::start().await)
    }

    /// Has the result of every job, and its images.
    pub(crate) async fn with_result() -> Self {
        let stub = Self::start().await;
        stub.on_submit(200, stub.job(["a.png"; 4]).to_string())
            .await;
        stub.on_images().await;
        stub
    }

    pub(crate) fn base_url(&self) -> String {
        format!("{}/v2", self.0.uri())
    }

    pub(crate) fn image_url(&self, number: usize) -> String {
        format!("{}/images/{number}", self.0.uri())
    }

    /// How many requests came.
    pub(crate) async fn requests(&self) -> usize {
        self.0.received_requests().await.unwrap().len()
    }

    /// The job IDs that were submitted.
    pub(crate) async fn submitted(&self) -> Vec<String> {
        let requests = self.0.received_requests().await.unwrap();
        let submissions = requests.iter().filter(|request| request.method == "POST");
        let bodies = submissions.map(|request| request.body_json::<Value>().unwrap());
        bodies
            .map(|body| body["jobid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Answers the submission.
    pub(crate) async fn on_submit(&self, status: u16, body: impl Into<String>) {
        self.on("POST", "/v2/jobs/seed_async", text(status, body))
            .await;
    }

    /// Forgets its responses.
    pub(crate) async fn reset(&self) {
        self.0.reset().await;
    }

    /// Responds to a submission once, as something between does it.
    pub(crate) async fn on_submit_through_a_gateway(&self, status: u16) {
        let response = ResponseTemplate::new(status)
            .insert_header("location", "/elsewhere")
            .set_body_raw(format!("<h1>{status}</h1>"), "text/html");
        Mock::given(method("POST"))
            .and(path("/v2/jobs/seed_async"))
            .respond_with(response)
            .up_to_n_times(1)
            .mount(&self.0)
            .await;
    }

    /// Responds to the list of the executing jobs.
    pub(crate) async fn on_list(&self, ids: &[&str]) {
        let response = text(200, json!(ids).to_string());
        self.on("GET", "/v2/jobs", response).await;
    }

    /// Responds to each poll of one job.
    pub(crate) async fn on_job(&self, id: &str, body: String) {
        Mock::given(method("GET"))
            .and(path("/v2/jobs/"))
            .and(query_param("jobid", id))
            .respond_with(text(200, body))
            .mount(&self.0)
            .await;
    }

    /// Responds to the first poll alone.
    pub(crate) async fn on_first_poll(&self, status: u16, body: &str) {
        Mock::given(method("GET"))
            .and(path("/v2/jobs/"))
            .respond_with(text(status, body))
            .up_to_n_times(1)
            .mount(&self.0)
            .await;
    }

    /// Answers each look at a job.
    pub(crate) async fn on_look(&self, status: u16, body: impl Into<String>) {
        self.on("GET", "/v2/jobs/", text(status, body)).await;
    }

    /// Answers each look with another body.
    pub(crate) async fn on_each_look(&self, body: impl Fn() -> String + Send + Sync + 'static) {
        let answer = move |_: &wiremock::Request| text(200, body());
        self.on("GET", "/v2/jobs/", answer).await;
    }

    /// Answers for all four images.
    pub(crate) async fn on_images(&self) {
        for number in 1..=4 {
            self.on_image(number, 200, PIXEL).await;
        }
    }

    /// Answers for an image.
    pub(crate) async fn on_image(&self, number: usize, status: u16, body: &[u8]) {
        let answer = ResponseTemplate::new(status).set_body_bytes(body);
        self.on("GET", &format!("/images/{number}"), answer).await;
    }

    async fn on(&self, verb: &str, at: &str, answer: impl wiremock::Respond + 'static) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.0)
            .await;
    }

    /// An imagine job with its seed and four images called so.
    pub(crate) fn job(&self, file_names: [&str; 4]) -> Value {
        let attachments: Vec<Value> = file_names
            .iter()
            .enumerate()
            .map(|(index, name)| json!({"url": self.image_url(index + 1), "filename": name}))
            .collect();
        json!({
            "jobid": "20240225-user:1-channel:2",
            "verb": "imagine",
            "status": "completed",
            "content": "**A cat --v 5.2** - <@1> (fast)",
            "seed": {
                "content": "**A cat --v 5.2**\n**Job ID**: 1\n**seed** 77",
                "value": 77,
                "attachments": attachments,
            },
            "code": 200,
        })
    }

    /// Runs the command against it.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Run {
        command(folder)
            .args(arguments)
            .at_url(&self.base_url(), TOKEN)
            .run()
    }
}

fn text(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.into(), "application/json")
}
