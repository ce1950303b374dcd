//! Every kind of error: its line, and its report, as `unwrap` and a `main` that
//! returns it print it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use useapi_seed::{Client, Error, ErrorKind, JobState, Retrieval, Wait};
use useapi_seed_tests::{Fixture, Response, Stub, once};

/// The smallest PNG there is: one grey pixel.
const PNG: &[u8] = include_bytes!("../fixtures/pixel.png");
const JOBID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

fn client(base_url: &str) -> Client {
    Client::builder("a-token")
        .base_url(base_url)
        .retry(once())
        .image_retry_timeout(Duration::ZERO)
        .build()
        .unwrap()
}

/// What becomes of a submission that is answered so.
async fn submitted(response: Response) -> Error {
    let stub = Stub::always(response).await;
    submitted_to(&stub.base_url(), JOBID).await
}

async fn submitted_to(base_url: &str, jobid: &str) -> Error {
    let submission = client(base_url).submit(jobid);
    submission.send().await.unwrap_err()
}

/// What becomes of a wait whose polls get this response.
async fn waited(response: Response) -> Error {
    waited_for(Wait::DEFAULT_TIMEOUT, response).await
}

async fn waited_for(timeout: Duration, response: Response) -> Error {
    let stub = Stub::always(response).await;
    let job = client(&stub.base_url()).job(JOBID);
    let wait = job.wait().interval(Duration::from_millis(1));
    wait.timeout(timeout).await.unwrap_err()
}

fn documented(name: &str) -> Response {
    let fixture = Fixture::named(name);
    Response::json(fixture.status, fixture.text)
}

fn job(body: &Value) -> Response {
    Response::json(200, body.to_string())
}

/// An address that nobody listens at.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v2", listener.local_addr().unwrap())
}

async fn every_kind() -> Vec<(&'static str, Error)> {
    let html = |status| Response::new(status, "text/html", "<html>");
    let ended = |status| job(&json!({"jobid": JOBID, "status": status}));
    let failed = json!({
        "jobid": JOBID, "status": "failed", "error": "Out of time", "errorDetails": "No answer",
    });
    let busy = || documented("service/429-account-busy");
    let grid = json!({"jobid": JOBID, "verb": "imagine", "status": "completed"});
    vec![
        ("invalid-input", submitted_to("http://localhost", " ").await),
        (
            "refused",
            submitted(documented("responses/400-jobid-missing")).await,
        ),
        (
            "unauthorized",
            submitted(documented("responses/401-unauthorized")).await,
        ),
        (
            "no-subscription",
            submitted(documented("responses/402-payment-required")).await,
        ),
        (
            "not-found",
            submitted(documented("responses/404-not-found")).await,
        ),
        ("not-found-address", submitted(html(404)).await),
        (
            "too-many-jobs",
            submitted(busy().header("retry-after", "30")).await,
        ),
        ("too-many-jobs-of-a-poll", waited(busy()).await),
        (
            "halted-job-failed",
            submitted(documented("responses/596-failed-job")).await,
        ),
        (
            "halted-account",
            submitted(documented("responses/596-halted-account")).await,
        ),
        ("job-ended-failed", waited(job(&failed)).await),
        ("job-ended-moderated", waited(ended("moderated")).await),
        ("job-ended-cancelled", waited(ended("cancelled")).await),
        (
            "still-running",
            waited_for(
                Duration::from_millis(20),
                documented("service/200-in-progress"),
            )
            .await,
        ),
        ("unexpected-status", submitted(html(503)).await),
        ("unexpected-status-of-a-gateway", submitted(html(502)).await),
        ("no-seed", waited(job(&grid)).await),
        ("unreadable-answer", submitted(html(200)).await),
        (
            "unreadable-answer-cut",
            submitted(documented("responses/200-started").cut(375)).await,
        ),
        ("unreadable-answer-of-a-poll", waited(html(200)).await),
        ("transport-lost", submitted(Response::lost()).await),
        (
            "transport-not-sent",
            submitted_to(&nobody().await, JOBID).await,
        ),
        ("file", file_fault().await),
    ]
}

/// A retrieval with a picture for each of these links.
async fn retrieval(links: &[Value]) -> (Client, Retrieval) {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["seed"]["attachments"] = links.iter().map(|link| json!({"url": link})).collect();
    let stub = Stub::always(job(&body)).await;
    let client = client(&stub.base_url());
    match client.job(JOBID).poll().await.unwrap() {
        JobState::Retrieved(retrieval) => (client, retrieval),
        other => panic!("{other:?}"),
    }
}

/// What can be wrong with a picture, but for one of 256 MiB or ten minutes.
async fn every_picture_fault() -> Vec<Error> {
    let host = Stub::start(|request| match request.target() {
        "/gone" => Response::new(404, "text/plain", "This content is no longer available."),
        "/refused" => Response::new(500, "text/plain", "oops"),
        "/cut" => Response::new(200, "image/png", PNG).cut(10),
        "/truncated" => Response::new(200, "image/png", &PNG[..PNG.len() - 1]),
        "/page" => Response::new(200, "text/html", "<html>Sign in to see this</html>"),
        "/lost" => Response::lost(),
        _ => Response::new(302, "text/plain", "").header("location", "/again"),
    })
    .await;
    let served = [
        "gone",
        "refused",
        "cut",
        "truncated",
        "page",
        "redirected",
        "lost",
    ];
    let links = served.map(|path| json!(format!("http://{}/{path}", host.address())));
    let bad = [json!(null), json!("no link"), json!("file:///etc/passwd")];
    let (client, retrieval) = retrieval(&[&links[..], &bad].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&retrieval, folder.path()).await;
    outcomes.into_iter().map(Result::unwrap_err).collect()
}

async fn file_fault() -> Error {
    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let link = json!(format!("http://{}/", host.address()));
    let (client, retrieval) = retrieval(&[link]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("inside");
    client
        .save_images(&retrieval, folder)
        .await
        .remove(0)
        .unwrap_err()
}

/// The names of an enum's variants, read from its source.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once(&format!("pub enum {name} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(first_word)
        .collect()
}

fn first_word(text: &str) -> String {
    text.chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

/// Line and report, then what it was caused by.
fn report(error: &Error) -> String {
    let mut text = format!("line\n  {error}\n\nreport\n{error:?}\n");
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, "\ncaused by\n  {cause}\n").unwrap();
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn every_error_has_a_line_and_a_report() {
    // What differs from run to run, or from system to system.
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d+", "ADDRESS");
    settings.add_filter(r"\(os error \d+\)", "(os error N)");
    settings.add_filter(r"after [\d.]+ s and \d+ polls", "after N s and N polls");
    settings.add_filter(r"attempts in [\d.]+ s", "attempts in N s");
    let temporary = std::env::temp_dir();
    let temporary = format!(
        r"{}/[^/]+/",
        temporary.to_str().unwrap().trim_end_matches('/')
    );
    settings.add_filter(&temporary, "TEMPORARY/");
    let _bound = settings.bind_to_scope();
    let mut shown = BTreeSet::new();
    for (name, error) in every_kind().await {
        shown.insert(first_word(&format!("{:?}", error.kind())));
        insta::assert_snapshot!(format!("report_{name}"), report(&error));
    }
    let mut faults = BTreeSet::from(["TooLarge", "Timeout", "Storage"].map(ToOwned::to_owned));
    let mut pictures = String::new();
    for error in every_picture_fault().await {
        let ErrorKind::Image(fault) = error.kind() else {
            panic!("{error:?}");
        };
        faults.insert(first_word(&format!("{fault:?}")));
        writeln!(pictures, "{}", report(&error)).unwrap();
    }
    insta::assert_snapshot!("report_image", pictures);
    let source = include_str!("../../crates/useapi-seed-images/src/error.rs");
    assert_eq!(faults, variants(source, "ImageError"));
    shown.insert("Image".to_owned());

    let source = include_str!("../../crates/useapi-seed/src/error/kind.rs");
    assert_eq!(shown, variants(source, "ErrorKind"));
}
