//! The line and the report of each kind of error.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use useapi_seed::{Client, Error, ErrorKind, SeedResult, WaitOptions};
use useapi_seed_tests::{PNG, Response, Stub, client_builder, completed, fast};

const JOBID: &str = "20240225145303538-user:1234-channel:1114555266835431444";

/// The error of a submission that gets this response.
async fn submitted(response: Response) -> Error {
    let stub = Stub::always(response).await;
    submitted_to(&stub.base_url(), JOBID).await
}

async fn submitted_to(base_url: &str, jobid: &str) -> Error {
    let client = client_builder("a-token", base_url).build().unwrap();
    client.submit(jobid).await.unwrap_err()
}

/// The error of a wait whose polls get this response.
async fn waited(response: Response) -> Error {
    waited_for(WaitOptions::DEFAULT_TIMEOUT, response).await
}

async fn waited_for(timeout: Duration, response: Response) -> Error {
    let stub = Stub::always(response).await;
    let wait = stub.client().job(JOBID).wait();
    wait.with_options(fast().timeout(timeout))
        .await
        .unwrap_err()
}

fn job(body: &Value) -> Response {
    Response::json(200, body.to_string())
}

async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v2", listener.local_addr().unwrap())
}

/// The errors of submissions, of waits, and the others.
async fn every_kind() -> Vec<(&'static str, Error)> {
    let documented = |name: &str| Response::fixture(&format!("responses/{name}"));
    let busy = || Response::fixture("service/429-account-busy");
    let ended = |status| job(&json!({"jobid": JOBID, "status": status}));
    let failed = json!({
        "jobid": JOBID, "status": "failed", "error": "Out of time", "errorDetails": "No response",
    });
    let grid = json!({"jobid": JOBID, "verb": "imagine", "status": "completed"});
    let truncated = documented("200-started").truncated(375);
    let mut errors = Vec::new();
    for (name, response) in [
        ("bad-request", documented("400-jobid-missing")),
        ("unauthorized", documented("401-unauthorized")),
        ("payment-required", documented("402-payment-required")),
        ("not-found", documented("404-not-found")),
        ("unexpected-status-404", Response::html(404)),
        ("too-many-jobs", busy().header("retry-after", "30")),
        ("halted-job-failed", documented("596-failed-job")),
        ("halted-account", documented("596-halted-account")),
        ("unexpected-status-503", Response::html(503)),
        ("unexpected-status-502", Response::html(502)),
        ("invalid-response", Response::html(200)),
        ("invalid-response-truncated", truncated),
        ("transport-may-have-been-sent", Response::drop_connection()),
    ] {
        errors.push((name, submitted(response).await));
    }
    for (name, response) in [
        ("too-many-jobs-poll", busy()),
        ("job-failed", job(&failed)),
        ("job-moderated", ended("moderated")),
        ("job-cancelled", ended("cancelled")),
        ("seed-missing", job(&grid)),
        ("invalid-response-poll", Response::html(200)),
    ] {
        errors.push((name, waited(response).await));
    }
    let (soon, running) = (Duration::from_millis(20), "service/200-in-progress");
    let running = waited_for(soon, Response::fixture(running)).await;
    errors.push(("wait-timeout", running));
    let closed = closed_port().await;
    errors.push(("transport-not-sent", submitted_to(&closed, JOBID).await));
    errors.push(("invalid-input", submitted_to("http://localhost", " ").await));
    errors.push(("io", file_error().await));
    errors
}

/// A result with an image for each of these URLs.
async fn result(urls: &[Value]) -> (Client, SeedResult) {
    let attachments: Value = urls.iter().map(|url| json!({"url": url})).collect();
    let body = Response::completed_with(|body| body["seed"]["attachments"] = attachments);
    let stub = Stub::always(body).await;
    let client = stub.client_with(|builder| builder.image_retry_timeout(Duration::ZERO));
    let result = completed(client.job(JOBID).poll().await);
    (client, result)
}

/// Each error of an image, except for one of 256 MiB or ten minutes.
async fn every_image_error() -> Vec<Error> {
    let host = Stub::start(|request| match request.target() {
        "/expired" => Response::text(404, "This content is no longer available."),
        "/status" => Response::text(500, "oops"),
        "/interrupted" => Response::png().truncated(10),
        "/truncated" => Response::new(200, "image/png", &PNG[..PNG.len() - 1]),
        "/page" => Response::new(200, "text/html", "<html>Sign in to see this</html>"),
        "/lost" => Response::drop_connection(),
        _ => Response::text(302, "").header("location", "/again"),
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
    let urls = paths.map(|path| json!(host.url(path)));
    let invalid = [json!(null), json!("no link"), json!("file:///etc/passwd")];
    let (client, result) = result(&[&urls[..], &invalid].concat()).await;
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, directory.path()).await;
    outcomes.into_iter().map(Result::unwrap_err).collect()
}

async fn file_error() -> Error {
    let host = Stub::always(Response::png()).await;
    let (client, result) = result(&[json!(host.url(""))]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let directory = file.path().join("inside");
    let outcomes = client.save_images(&result, directory).await;
    outcomes.into_iter().next().unwrap().unwrap_err()
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
