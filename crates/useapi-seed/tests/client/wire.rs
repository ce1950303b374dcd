//! Requests, byte for byte where that matters.

use std::fmt::Write;

use serde_json::{Value, json};
use useapi_seed::{Client, SubmitOptions};
use useapi_seed_tests::{Request, Response, Stub, client_builder};

const JOBID: &str = "20240225145303538-user:1234-channel:1114555266835431444";
const TOKEN: &str = "user:1234-secret-token";

async fn submit(options: SubmitOptions) -> Request {
    let stub = Stub::always(Response::fixture("responses/200-started")).await;
    let client = client_builder(TOKEN, stub.base_url()).build().unwrap();
    client.submit(JOBID).with_options(options).await.unwrap();
    let mut requests = stub.requests();
    assert_eq!(requests.len(), 1);
    let request = requests.remove(0);
    assert_eq!(request.header("host"), Some(stub.address()));
    request
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn submission_has_only_documented_headers() {
    let request = submit(SubmitOptions::default()).await;
    assert_eq!(request.line, "POST /v2/jobs/seed_async HTTP/1.1");
    // The documented two, Accept, User-Agent, and what HTTP itself requires.
    assert_eq!(
        request.header_names(),
        [
            "accept",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    for (name, value) in [
        ("authorization", "Bearer user:1234-secret-token"),
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ] {
        assert_eq!(request.header(name), Some(value));
    }
    let agent = request.header("user-agent").unwrap();
    assert!(agent.starts_with("useapi-seed/"), "{agent}");
}

/// The request without what differs between runs.
fn transcript(request: &Request) -> String {
    let mut text = format!("{}\n", request.line);
    for (name, value) in &request.headers {
        let value = match name.as_str() {
            "host" => "HOST",
            "user-agent" => "USER-AGENT",
            _ => value,
        };
        writeln!(text, "{name}: {value}").unwrap();
    }
    writeln!(text, "\n{}", String::from_utf8_lossy(&request.body)).unwrap();
    text
}

#[tokio::test]
async fn body_has_only_the_given_fields() {
    // Every combination of the optional fields.
    for choice in 0..8 {
        let mut expected = json!({"jobid": JOBID});
        let mut options = SubmitOptions::default();
        if choice & 1 != 0 {
            options = options.discord("a-discord-token");
            expected["discord"] = json!("a-discord-token");
        }
        if choice & 2 != 0 {
            options = options.reply_url("https://example.com/callback?a=ü");
            expected["replyUrl"] = json!("https://example.com/callback?a=ü");
        }
        if choice & 4 != 0 {
            options = options.reply_ref("Zoë \"17\" 🎨");
            expected["replyRef"] = json!("Zoë \"17\" 🎨");
        }
        let request = submit(options).await;
        assert_eq!(body(&request), expected);
        let fields = expected.as_object().unwrap().keys();
        let name = fields.fold("request".to_owned(), |name, field| name + "_" + field);
        insta::assert_snapshot!(name, transcript(&request));
    }
}

#[tokio::test]
async fn poll_escapes_the_id_and_has_no_body() {
    let stub = Stub::always(Response::fixture("service/200-in-progress")).await;
    for (slash, id, query) in [
        (
            "",
            JOBID,
            "20240225145303538-user%3A1234-channel%3A1114555266835431444",
        ),
        ("/", "a&b=c #🎨/..%", "a%26b%3Dc+%23%F0%9F%8E%A8%2F..%25"),
    ] {
        let client = stub.client_with(|builder| builder.base_url(stub.base_url() + slash));
        client.job(id).poll().await.unwrap();
        let request = stub.requests().pop().unwrap();
        assert_eq!(
            request.line,
            format!("GET /v2/jobs/?jobid={query} HTTP/1.1")
        );
        let names = ["accept", "authorization", "host", "user-agent"];
        assert_eq!(request.header_names(), names);
        assert!(request.body.is_empty());
    }
}

#[tokio::test]
async fn invalid_input_is_rejected_before_sending() {
    let stub = Stub::always(Response::json(200, "{}")).await;
    let client = stub.client();
    let long_url = format!("https://example.com/{}", "ü".repeat(1005));
    let options = SubmitOptions::default;
    let cases = [
        ("", options(), "jobid is empty"),
        (" \t\n", options(), "jobid is blank"),
        (
            JOBID,
            options().reply_ref("🎨".repeat(1025)),
            "replyRef is longer than 1024 characters: it has 1025",
        ),
        (
            JOBID,
            options().reply_url(long_url),
            "replyUrl is longer than 1024 characters: it has 1025",
        ),
        (
            JOBID,
            options().reply_url("example.com/callback"),
            "replyUrl is not a URL: relative URL without a base",
        ),
        (
            JOBID,
            options().reply_url("ftp://example.com/"),
            "replyUrl must start with http:// or https://, not ftp:",
        ),
        (JOBID, options().discord(" "), "discord is empty"),
    ];
    for (job_id, options, message) in cases {
        let submit = client.submit(job_id).with_options(options);
        let error = submit.await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!error.help().is_empty());
    }
    for id in ["", "  "] {
        let error = client.job(id).poll().await.unwrap_err();
        assert!(error.to_string().starts_with("jobid is "), "{error}");
    }
    assert!(stub.requests().is_empty());

    // Values at the limit are accepted.
    let url = format!("https://example.com/{}", "ü".repeat(1004));
    let reference = "🎨".repeat(1024);
    let options = SubmitOptions::default().reply_url(url).reply_ref(reference);
    let request = submit(options).await;
    for field in ["replyRef", "replyUrl"] {
        let body = body(&request);
        assert_eq!(body[field].as_str().unwrap().chars().count(), 1024);
    }
}

#[test]
fn every_future_is_send() {
    fn spawnable<T: Send>(value: T) -> T {
        value
    }
    let client = Client::builder(TOKEN).build().unwrap();
    let job = client.job(JOBID);
    drop(spawnable(client.retrieve(JOBID).into_future()));
    drop(spawnable(client.submit(JOBID).into_future()));
    drop(spawnable(client.find_seed_job(JOBID).into_future()));
    drop(spawnable(client.retrieve(JOBID).into_stream()));
    drop(spawnable(job.poll()));
    drop(spawnable(job.wait().into_future()));
    drop(spawnable(client.raw().get_job(JOBID)));
    drop(spawnable(async {
        if let Ok(result) = client.retrieve(JOBID).await {
            client.save_images(&result, "directory").await;
        }
    }));
}

#[test]
fn configuration_errors_hide_the_secret() {
    for (token, base_url, message) in [
        ("", "http://localhost/v2", "token is empty"),
        (" ", "http://localhost/v2", "token is empty"),
        (
            "secret\nsecret",
            "http://localhost/v2",
            "token contains non-ASCII or whitespace",
        ),
        (TOKEN, "", "base_url is not a valid URL"),
        (TOKEN, "localhost/v2", "base_url is not a valid URL"),
        (TOKEN, "ftp://localhost/v2", "base_url must begin with http"),
        (
            TOKEN,
            "http://me:secret@localhost/v2",
            "base_url must not contain a user name",
        ),
        (
            TOKEN,
            "http://localhost/v2?a=b",
            "base_url must not contain a query",
        ),
    ] {
        let error = client_builder(token, base_url).build().unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        let text = format!("{error} {error:#?}");
        assert!(!text.contains("secret"), "{text}");
    }
}
