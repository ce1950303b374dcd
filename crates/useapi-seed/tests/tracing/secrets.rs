//! The API token goes to the API, and appears nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use useapi_seed::{Client, ErrorKind, SubmitOptions, SubmitOutcome, Warning};
use useapi_seed_tests::{Fixture, Harness, Request, Response, Stub, client_builder, completed};

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

fn client(api: &Stub) -> Client {
    client_builder(TOKEN, api.base_url()).build().unwrap()
}

/// A result with one image, at this URL.
fn result_with_image(url: &str) -> Response {
    let attachments = json!([{ "url": url }]);
    Response::completed_with(|body| body["seed"]["attachments"] = attachments)
}

fn discord() -> SubmitOptions {
    SubmitOptions::default().discord(DISCORD)
}

#[track_caller]
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
    let api = Stub::always(result_with_image("http://162.159.128.233/a.png")).await;
    let proxy = Stub::always(Response::text(404, "")).await;
    let http_proxy = reqwest::Proxy::all(proxy.url("")).unwrap();
    let base_url = api.base_url().replace("127.0.0.1", "0.0.0.0");
    let client = client_builder(TOKEN, base_url)
        .http_client(reqwest::ClientBuilder::no_proxy)
        .image_http_client(|http| http.proxy(http_proxy))
        .build()
        .unwrap();
    assert!(client.raw().is_unencrypted());
    let result = completed(client.job("a-job").poll().await);
    assert!(result.warnings().contains(&Warning::UnencryptedImage(1)));
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    assert!(matches!(*outcomes, [Err(_)]), "{outcomes:?}");
    proxy.requests()
}

async fn emulator_image_host_receives_no_token() {
    let harness = Harness::paused().await;
    let result = harness.retrieve().await;
    let directory = tempfile::tempdir().unwrap();
    for saved in harness.client.save_images(&result, &directory).await {
        saved.unwrap();
    }
    assert_eq!(harness.emulator.leaked_token_requests(), 0);
    // The counter works.
    let url = result.images()[0].url.as_deref().unwrap();
    let request = reqwest::Client::new().get(url);
    let rejected = request.bearer_auth(harness.emulator.token()).send().await;
    assert!(rejected.unwrap().status().is_client_error());
    assert_eq!(harness.emulator.leaked_token_requests(), 1);
}

async fn redirecting_image_host_receives_no_token() {
    let elsewhere = Stub::always(Response::text(404, "")).await;
    let redirect = Response::text(302, "").header("location", &elsewhere.url("final"));
    let host = Stub::always(redirect.header("set-cookie", "a=b")).await;
    let api = Stub::always(result_with_image(&host.url("1"))).await;
    let client = client(&api);
    let result = completed(client.job("a-job").poll().await);
    let directory = tempfile::tempdir().unwrap();
    let outcomes = client.save_images(&result, &directory).await;
    assert!(matches!(*outcomes, [Err(_)]), "{outcomes:?}");
    let requests = [host.requests(), elsewhere.requests()].concat();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.header_names(), ["accept", "host", "user-agent"]);
    }
}

async fn api_redirects_are_not_followed() {
    let elsewhere = Stub::always(Response::json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let response = Response::json(status, "").header("location", &elsewhere.url("v2/jobs"));
        let api = Stub::always(response).await;
        let error = client(&api).submit("a-job").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));
        // It may have been processed: searched for, but not sent again.
        assert_eq!(api.submissions(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

async fn echoed_secrets_are_redacted() {
    let text = format!("you sent {TOKEN} and {DISCORD}");
    for status in [200, 400, 401, 500, 596] {
        let body = json!({"error": text, "content": text, "jobid": text, "other": [text]});
        let response = Response::json(status, body.to_string()).header("x-echo", &text);
        let api = Stub::always(response).await;
        match client(&api).submit("a-job").with_options(discord()).await {
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

    // Percent-encoded, as in a URL.
    let login = format!("/login?token={}", TOKEN.replace(':', "%3A"));
    let response = Response::json(302, json!({ "error": login }).to_string());
    let api = Stub::always(response.header("location", &login)).await;
    let error = client(&api).submit("a-job").await.unwrap_err();
    let text = format!("{error} {error:#?}");
    assert!(!text.contains("secret-token"), "{text}");

    // Truncated within the token.
    let body = format!(r#"{{"error":"you sent {TOKEN}"#);
    for bytes in 1..TOKEN.len() - 4 {
        let response = Response::json(401, body.as_str()).truncated(bytes);
        let api = Stub::always(response).await;
        let error = client(&api).submit("a-job").await.unwrap_err();
        let text = format!("{error} {error:#?}");
        assert!(!text.contains(&TOKEN[..5]), "{bytes}: {text}");
    }

    let mut body = Fixture::named("responses/200-already-retrieved").json();
    body["prompt"] = json!(text);
    body["other"] = json!(TOKEN);
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let outcome = client(&api).submit("a-job").with_options(discord()).await;
    let Ok(SubmitOutcome::AlreadyRetrieved(result)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_clean(&String::from_utf8_lossy(result.raw_body()));
    assert_clean(&format!("{result:?}"));
    // What the service has masked is data.
    let masked = Some("<ABC…secured…xyz>");
    assert_eq!(result.raw_job().discord.as_deref(), masked);
}

async fn debug_output_has_no_secret() {
    let builder = client_builder(TOKEN, "http://127.0.0.1:9/v2");
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
