//! The API token goes to the API, and appears nowhere else.
//!
//! In a process of its own, because it captures everything that is logged.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use useapi_seed::{Client, ErrorKind, PollResult, SubmitOptions, SubmitOutcome, Warning};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{Fixture, Request, Response, Stub, no_retry, poll_every};

const TOKEN: &str = "user:1234-secret-token";
const DISCORD: &str = "secret-discord-token";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn discord() -> SubmitOptions {
    SubmitOptions::default().discord(DISCORD)
}

fn assert_clean(text: &str) {
    for secret in [TOKEN, DISCORD] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn token_reaches_no_other_host_or_text() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .init();

    emulator_image_host_receives_no_token().await;
    redirecting_image_host_receives_no_token().await;
    api_redirects_are_not_followed().await;
    echoed_secrets_are_redacted().await;
    debug_output_has_no_secret().await;
    let requests = unencrypted_hosts_are_warned_of().await;

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    // The libraries below do log, so a leak would be found.
    assert!(log.contains("reqwest") || log.contains("hyper"), "{log}");
    assert!(log.contains("useapi_seed.request"), "{log}");
    assert_clean(&log);
    assert_eq!(log.matches("the API token is sent unencrypted").count(), 1);
    assert_eq!(log.matches("the image URL is plain http").count(), 1);
    // Through the proxy on loopback, without the API's header.
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].line,
        "GET http://162.159.128.233/a.png HTTP/1.1"
    );
    assert_eq!(requests[0].header("authorization"), None);
}

/// A client whose API appears not to be on loopback: the image requests that its
/// proxy received.
async fn unencrypted_hosts_are_warned_of() -> Vec<Request> {
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["seed"]["attachments"] = json!([{"url": "http://162.159.128.233/a.png"}]);
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let proxy = Stub::always(Response::new(404, "text/plain", "")).await;
    let http_proxy = reqwest::Proxy::all(format!("http://{}", proxy.address())).unwrap();
    let client = Client::builder(TOKEN)
        .base_url(api.base_url().replace("127.0.0.1", "0.0.0.0"))
        .http_client(reqwest::ClientBuilder::no_proxy)
        .image_http_client(|http| http.proxy(http_proxy))
        .retry(no_retry())
        .build()
        .unwrap();
    assert!(client.raw().is_unencrypted());
    let Ok(PollResult::Completed(result)) = client.job("a-job").poll().await else {
        panic!("no result");
    };
    assert!(result.warnings().contains(&Warning::UnencryptedImage(1)));
    let directory = tempfile::tempdir().unwrap();
    client
        .save_images(&result, &directory)
        .await
        .remove(0)
        .unwrap_err();
    proxy.requests()
}

async fn emulator_image_host_receives_no_token() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let result = client
        .retrieve(emulator.jobs().imagine.as_str())
        .wait_options(poll_every(Duration::from_millis(20)))
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    for saved in client.save_images(&result, &directory).await {
        saved.unwrap();
    }
    assert_eq!(emulator.leaked_token_requests(), 0);
    // The counter works.
    let url = result.images()[0].url.as_deref().unwrap();
    let rejected = reqwest::Client::new()
        .get(url)
        .bearer_auth(emulator.token())
        .send()
        .await
        .unwrap();
    assert!(rejected.status().is_client_error());
    assert_eq!(emulator.leaked_token_requests(), 1);
}

async fn redirecting_image_host_receives_no_token() {
    let elsewhere = Stub::always(Response::new(404, "text/plain", "")).await;
    let location = format!("http://{}/final", elsewhere.address());
    let host = Stub::start(move |_| {
        Response::new(302, "text/plain", "")
            .header("location", &location)
            .header("set-cookie", "a=b")
    })
    .await;
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    let url = format!("http://{}/1", host.address());
    body["seed"]["attachments"] = json!([{ "url": url }]);
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let Ok(PollResult::Completed(result)) = client.job("a-job").poll().await else {
        panic!("no result");
    };
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    let [Err(_)] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    let mut requests = host.requests();
    requests.extend(elsewhere.requests());
    assert_eq!(requests.len(), 2);
    for request in requests {
        let mut names: Vec<_> = request
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "host", "user-agent"]);
    }
}

async fn api_redirects_are_not_followed() {
    let elsewhere = Stub::always(Response::json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let response = Response::json(status, "")
            .header("location", &format!("{}/jobs", elsewhere.base_url()));
        let api = Stub::always(response).await;
        let client = Client::builder(TOKEN)
            .base_url(api.base_url())
            .retry(no_retry())
            .build()
            .unwrap();
        let error = client.submit("a-job").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));
        // It may have been processed: searched for, but not sent again.
        let requests = api.requests().into_iter();
        let posts = requests.filter(|request| request.line.starts_with("POST"));
        assert_eq!(posts.count(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

async fn echoed_secrets_are_redacted() {
    let text = format!("you sent {TOKEN} and {DISCORD}");
    for status in [200, 400, 401, 500, 596] {
        let body = json!({"error": text, "content": text, "jobid": text, "other": [text]});
        let response = Response::json(status, body.to_string()).header("x-echo", &text);
        let api = Stub::always(response).await;
        let client = Client::builder(TOKEN)
            .base_url(api.base_url())
            .retry(no_retry())
            .build()
            .unwrap();
        match client.submit("a-job").with_options(discord()).await {
            Ok(SubmitOutcome::Started(job)) => {
                assert_eq!(job.id(), "you sent *** and ***");
                assert_clean(&format!("{job:?}"));
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert_eq!(error.service_message(), Some("you sent *** and ***"));
                assert_clean(&format!("{error} {error:?} {error:#?}"));
            }
        }
    }

    // Truncated within the token.
    let body = format!(r#"{{"error":"you sent {TOKEN}"#);
    for bytes in 1..TOKEN.len() - 4 {
        let api = Stub::always(Response::json(401, body.clone()).truncated(bytes)).await;
        let client = Client::builder(TOKEN).base_url(api.base_url());
        let client = client.retry(no_retry()).build().unwrap();
        let error = client.submit("a-job").await.unwrap_err();
        let text = format!("{error} {error:#?}");
        assert!(!text.contains(&TOKEN[..5]), "{bytes}: {text}");
    }

    // Percent-encoded, as in a URL.
    let escaped = TOKEN.replace(':', "%3A");
    let api = Stub::always(
        Response::json(302, format!(r#"{{"error":"see /login?token={escaped}"}}"#))
            .header("location", &format!("/login?token={escaped}")),
    )
    .await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let error = client.submit("a-job").await.unwrap_err();
    assert!(
        !format!("{error} {error:#?}").contains("secret-token"),
        "{error:?}"
    );

    let mut body = Fixture::named("responses/200-already-retrieved").json();
    body["prompt"] = json!(text);
    body["other"] = json!(TOKEN);
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let Ok(SubmitOutcome::AlreadyRetrieved(result)) =
        client.submit("a-job").with_options(discord()).await
    else {
        panic!("no result");
    };
    assert_clean(&String::from_utf8_lossy(result.raw_body()));
    assert_clean(&format!("{result:?}"));
    // What the service has masked is data.
    assert_eq!(
        result.raw_job().discord.as_deref(),
        Some("<ABC…secured…xyz>")
    );
}

async fn debug_output_has_no_secret() {
    let builder = Client::builder(TOKEN)
        .base_url("http://127.0.0.1:9/v2")
        .retry(no_retry());
    assert_clean(&format!("{builder:?}"));
    let client = builder.build().unwrap();
    assert_clean(&format!("{client:?} {:?}", client.raw()));
    let submit = client.submit("a-job").with_options(discord());
    assert_clean(&format!("{submit:?}"));
    let retrieve = client.retrieve("a-job").submit_options(discord());
    assert_clean(&format!("{retrieve:?} {:?}", client.job("a-job").wait()));
    let mut request = useapi_seed_raw::types::SeedRequest::new("a-job");
    request.discord = Some(DISCORD.into());
    assert_clean(&format!("{request:?}"));
    let raw = useapi_seed_raw::Client::builder(TOKEN);
    assert_clean(&format!("{raw:?}"));
    let error = submit.await.unwrap_err();
    assert_clean(&format!("{error} {error:#?}"));
}
