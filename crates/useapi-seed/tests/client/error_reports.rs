//! The line and the report of each kind of error.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use useapi_seed::{Client, Error, ErrorKind, PollResult, SeedResult, WaitOptions};
use useapi_seed_tests::{Fixture, PNG, Response, Stub, no_retry, poll_every};

const JOBID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

fn client(base_url: &str) -> Client {
    Client::builder("a-token")
        .base_url(base_url)
        .retry(no_retry())
        .image_retry_timeout(Duration::ZERO)
        .build()
        .unwrap()
}

/// The error of a submission that gets this response.
async fn submitted(response: Response) -> Error {
    let stub = Stub::always(response).await;
    submitted_to(&stub.base_url(), JOBID).await
}

async fn submitted_to(base_url: &str, jobid: &str) -> Error {
    let submission = client(base_url).submit(jobid);
    submission.await.unwrap_err()
}

/// The error of a wait whose polls get this response.
async fn waited(response: Response) -> Error {
    waited_for(WaitOptions::DEFAULT_TIMEOUT, response).await
}

async fn waited_for(timeout: Duration, response: Response) -> Error {
    let stub = Stub::always(response).await;
    let job = client(&stub.base_url()).job(JOBID);
    let options = poll_every(Duration::from_millis(1)).timeout(timeout);
    job.wait().with_options(options).await.unwrap_err()
}

fn documented(name: &str) -> Response {
    let fixture = Fixture::named(name);
    Response::json(fixture.status, fixture.text)
}

fn job(body: &Value) -> Response {
    Response::json(200, body.to_string())
}

async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v2", listener.local_addr().unwrap())
}

async fn every_kind() -> Vec<(&'static str, Error)> {
    let html = |status| Response::new(status, "text/html", "<html>");
    let ended = |status| job(&json!({"jobid": JOBID, "status": status}));
    let failed = json!({
        "jobid": JOBID, "status": "failed", "error": "Out of time", "errorDetails": "No response",
    });
    let busy = || documented("service/429-account-busy");
    let grid = json!({"jobid": JOBID, "verb": "imagine", "status": "completed"});
    vec![
        ("invalid-input", submitted_to("http://localhost", " ").await),
        (
            "bad-request",
            submitted(documented("responses/400-jobid-missing")).await,
        ),
        (
            "unauthorized",
            submitted(documented("responses/401-unauthorized")).await,
        ),
        (
            "payment-required",
            submitted(documented("responses/402-payment-required")).await,
        ),
        (
            "not-found",
            submitted(documented("responses/404-not-found")).await,
        ),
        ("unexpected-status-404", submitted(html(404)).await),
        (
            "too-many-jobs",
            submitted(busy().header("retry-after", "30")).await,
        ),
        ("too-many-jobs-poll", waited(busy()).await),
        (
            "halted-job-failed",
            submitted(documented("responses/596-failed-job")).await,
        ),
        (
            "halted-account",
            submitted(documented("responses/596-halted-account")).await,
        ),
        ("job-failed", waited(job(&failed)).await),
        ("job-moderated", waited(ended("moderated")).await),
        ("job-cancelled", waited(ended("cancelled")).await),
        (
            "wait-timeout",
            waited_for(
                Duration::from_millis(20),
                documented("service/200-in-progress"),
            )
            .await,
        ),
        ("unexpected-status-503", submitted(html(503)).await),
        ("unexpected-status-502", submitted(html(502)).await),
        ("seed-missing", waited(job(&grid)).await),
        ("invalid-response", submitted(html(200)).await),
        (
            "invalid-response-truncated",
            submitted(documented("responses/200-started").truncated(375)).await,
        ),
        ("invalid-response-poll", waited(html(200)).await),
        (
            "transport-may-have-been-sent",
            submitted(Response::drop_connection()).await,
        ),
        (
            "transport-not-sent",
            submitted_to(&closed_port().await, JOBID).await,
        ),
        ("io", file_error().await),
    ]
}

/// A result with an image for each of these URLs.
async fn result(urls: &[Value]) -> (Client, SeedResult) {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["seed"]["attachments"] = urls.iter().map(|url| json!({"url": url})).collect();
    let stub = Stub::always(job(&body)).await;
    let client = client(&stub.base_url());
    match client.job(JOBID).poll().await.unwrap() {
        PollResult::Completed(result) => (client, result),
        other @ PollResult::InProgress(_) => panic!("{other:?}"),
    }
}

/// Each error of an image, except for one of 256 MiB or ten minutes.
async fn every_image_error() -> Vec<Error> {
    let host = Stub::start(|request| match request.target() {
        "/expired" => Response::new(404, "text/plain", "This content is no longer available."),
        "/status" => Response::new(500, "text/plain", "oops"),
        "/interrupted" => Response::new(200, "image/png", PNG).truncated(10),
        "/truncated" => Response::new(200, "image/png", &PNG[..PNG.len() - 1]),
        "/page" => Response::new(200, "text/html", "<html>Sign in to see this</html>"),
        "/lost" => Response::drop_connection(),
        _ => Response::new(302, "text/plain", "").header("location", "/again"),
    })
    .await;
    let paths = [
        "expired",
        "status",
        "interrupted",
        "truncated",
        "page",
        "redirected",
        "lost",
    ];
    let urls = paths.map(|path| json!(format!("http://{}/{path}", host.address())));
    let invalid = [json!(null), json!("no link"), json!("file:///etc/passwd")];
    let (client, result) = result(&[&urls[..], &invalid].concat()).await;
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, directory.path()).await;
    outcomes.into_iter().map(Result::unwrap_err).collect()
}

async fn file_error() -> Error {
    let host = Stub::always(Response::new(200, "image/png", PNG)).await;
    let url = json!(format!("http://{}/", host.address()));
    let (client, result) = result(&[url]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let directory = file.path().join("inside");
    client
        .save_images(&result, directory)
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

/// The report, whose first line is the error's, and the sources.
fn report(error: &Error) -> String {
    let mut text = format!("{}\n", error.report());
    assert_eq!(text.lines().next(), Some(error.to_string().as_str()));
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, "\ncaused by\n  {cause}\n").unwrap();
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn each_kind_of_error_has_a_report() {
    // What differs between runs or systems.
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
    let image_errors = ["TooLarge", "Timeout"].map(ToOwned::to_owned);
    let mut image_errors = BTreeSet::from(image_errors);
    let mut reports = String::new();
    for error in every_image_error().await {
        let ErrorKind::Image(image_error) = error.kind() else {
            panic!("{error:?}");
        };
        image_errors.insert(first_word(&format!("{image_error:?}")));
        writeln!(reports, "{}", report(&error)).unwrap();
    }
    insta::assert_snapshot!("report_image", reports);
    // Reported as `ErrorKind::Io`.
    image_errors.insert("Storage".to_owned());
    let source = include_str!("../../../useapi-seed-images/src/error.rs");
    assert_eq!(image_errors, variants(source, "ImageError"));
    shown.insert("Image".to_owned());

    let source = include_str!("../../src/error/kind.rs");
    assert_eq!(shown, variants(source, "ErrorKind"));
}
