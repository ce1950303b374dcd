//! The server that all clients call. It serves recorded responses from memory, so that
//! the service itself adds little to the measured times.

use std::sync::mpsc;
use std::thread;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::runtime;

/// The API token.
pub(crate) const TOKEN: &str = "user:1234-benchmark-token";
/// A completed imagine job, whose seed can be requested.
pub const PARENT_JOB: &str = "20240225145303538-user:1234-channel:1114555266835431444";
/// Its seed job, in progress.
pub const RUNNING_JOB: &str = "20240225120000001-user:1234-channel:1114555266835431444";
/// Another seed job, completed.
pub const COMPLETED_JOB: &str = "20240225120200002-user:1234-channel:1114555266835431444";
/// The response to a poll of the completed job.
pub const COMPLETED_BODY: &str = include_str!("../responses/completed.json");
const STARTED_BODY: &str = include_str!("../responses/started.json");
const RUNNING_BODY: &str = include_str!("../responses/running.json");
/// The size that the completed job announces; about that of Midjourney's largest.
const IMAGE_BYTES: usize = 5_000_000;

#[derive(Deserialize)]
struct JobQuery {
    jobid: String,
}

/// Starts the server in a thread, which runs until the process ends and is left out
/// of what is measured. Returns the API's base URL.
#[must_use]
pub fn start_server() -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let base_url = format!("http://{address}");
            let app = app(&base_url);
            sender.send(base_url).expect("a receiver");
            axum::serve(listener, app).await
        })
    });
    receiver.recv().expect("a base URL")
}

fn app(base_url: &str) -> Router {
    let completed = Bytes::from(COMPLETED_BODY.replace("https://cdn.discordapp.com", base_url));
    let job = async move |Query(query): Query<JobQuery>| match query.jobid.as_str() {
        RUNNING_JOB => json(RUNNING_BODY),
        COMPLETED_JOB => json(completed.clone()),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    // Bytes after the end of a PNG file are ignored.
    let mut image = include_bytes!("../../tests/fixtures/pixel.png").to_vec();
    image.resize(IMAGE_BYTES, 0);
    let image = Bytes::from(image);
    let image = async move || ([(CONTENT_TYPE, "image/png")], image.clone());
    Router::new()
        .route("/jobs/seed_async", post(async || json(STARTED_BODY)))
        .route("/jobs/", get(job))
        .route("/attachments/{*path}", get(image))
}

fn json(body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
