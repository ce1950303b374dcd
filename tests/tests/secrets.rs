//! The API token goes to the API, and appears nowhere else.
//!
//! In a process of its own, because it listens to everything that is logged.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use useapi_seed::{Client, ErrorKind, JobState, Submitted};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{Fixture, Response, Stub, once};

const TOKEN: &str = "user:1234-planted-token";
const DISCORD: &str = "planted-discord-token";

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

fn assert_clean(text: &str) {
    for secret in [TOKEN, DISCORD] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn token_reaches_no_other_host_and_no_text() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .init();

    the_emulators_image_host_sees_no_token().await;
    an_image_host_and_its_redirects_see_no_token().await;
    redirects_of_the_api_are_not_followed().await;
    echoes_are_masked().await;
    nothing_prints_a_secret().await;

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    // The libraries below do log, so a leak would be seen.
    assert!(log.contains("reqwest") || log.contains("hyper"), "{log}");
    assert!(log.contains("useapi_seed.request"), "{log}");
    assert_clean(&log);
}

async fn the_emulators_image_host_sees_no_token() {
    let emulator = Emulator::builder().speed(600.0).start().await.unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(once())
        .build()
        .unwrap();
    let retrieval = client
        .retrieve(emulator.jobs().imagine.as_str())
        .interval(Duration::from_millis(20))
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for saved in client.save_images(&retrieval, &folder).await {
        saved.unwrap();
    }
    assert_eq!(emulator.image_requests_with_token(), 0);
    // The counter counts.
    let link = retrieval.images()[0].url.as_deref().unwrap();
    let refused = reqwest::Client::new()
        .get(link)
        .bearer_auth(emulator.token())
        .send()
        .await
        .unwrap();
    assert!(refused.status().is_client_error());
    assert_eq!(emulator.image_requests_with_token(), 1);
}

async fn an_image_host_and_its_redirects_see_no_token() {
    let elsewhere = Stub::always(Response::new(404, "text/plain", "")).await;
    let location = format!("http://{}/final", elsewhere.address());
    let host = Stub::start(move |_| {
        Response::new(302, "text/plain", "")
            .header("location", &location)
            .header("set-cookie", "a=b")
    })
    .await;
    let mut body = Fixture::named("service/200-completed-seed-job").json();
    body["seed"]["attachments"][0]["url"] = json!(format!("http://{}/1", host.address()));
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(once())
        .build()
        .unwrap();
    let Ok(JobState::Retrieved(retrieval)) = client.job("a-job").poll().await else {
        panic!("no result");
    };
    let folder = tempfile::tempdir().unwrap();
    let image = &retrieval.images()[0];
    client.save_image(image, &folder).await.unwrap_err();
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

async fn redirects_of_the_api_are_not_followed() {
    let elsewhere = Stub::always(Response::json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let response = Response::json(status, "")
            .header("location", &format!("{}/jobs", elsewhere.base_url()));
        let api = Stub::always(response).await;
        let client = Client::builder(TOKEN)
            .base_url(api.base_url())
            .retry(once())
            .build()
            .unwrap();
        let error = client.submit("a-job").send().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnexpectedStatus));
        assert_eq!(api.requests().len(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

async fn echoes_are_masked() {
    let text = format!("you sent {TOKEN} and {DISCORD}");
    for status in [200, 400, 401, 500, 596] {
        let body = json!({"error": text, "content": text, "jobid": text, "news": [text]});
        let response = Response::json(status, body.to_string()).header("x-echo", &text);
        let api = Stub::always(response).await;
        let client = Client::builder(TOKEN)
            .base_url(api.base_url())
            .retry(once())
            .build()
            .unwrap();
        match client.submit("a-job").discord(DISCORD).send().await {
            Ok(Submitted::Started(job)) => {
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

    // Cut in the middle.
    let body = format!(r#"{{"error":"you sent {TOKEN}"#);
    for bytes in 1..TOKEN.len() - 4 {
        let api = Stub::always(Response::json(401, body.clone()).cut(bytes)).await;
        let client = Client::builder(TOKEN).base_url(api.base_url());
        let client = client.retry(once()).build().unwrap();
        let error = client.submit("a-job").send().await.unwrap_err();
        let text = format!("{error} {error:#?}");
        assert!(!text.contains(&TOKEN[..5]), "{bytes}: {text}");
    }

    // Escaped as an address would.
    let escaped = TOKEN.replace(':', "%3A");
    let api = Stub::always(
        Response::json(302, format!(r#"{{"error":"see /login?token={escaped}"}}"#))
            .header("location", &format!("/login?token={escaped}")),
    )
    .await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(once())
        .build()
        .unwrap();
    let error = client.submit("a-job").send().await.unwrap_err();
    assert!(
        !format!("{error} {error:#?}").contains("planted-token"),
        "{error:?}"
    );

    let mut body = Fixture::named("responses/200-already-retrieved").json();
    body["prompt"] = json!(text);
    body["news"] = json!(TOKEN);
    let api = Stub::always(Response::json(200, body.to_string())).await;
    let client = Client::builder(TOKEN)
        .base_url(api.base_url())
        .retry(once())
        .build()
        .unwrap();
    let Ok(Submitted::AlreadyRetrieved(retrieval)) =
        client.submit("a-job").discord(DISCORD).send().await
    else {
        panic!("no result");
    };
    assert_clean(&String::from_utf8_lossy(retrieval.answer()));
    assert_clean(&format!("{retrieval:?}"));
    // What the service cut itself is data.
    assert_eq!(
        retrieval.job().discord.as_deref(),
        Some("<ABC…secured…xyz>")
    );
}

async fn nothing_prints_a_secret() {
    let builder = Client::builder(TOKEN)
        .base_url("http://127.0.0.1:9/v2")
        .retry(once());
    assert_clean(&format!("{builder:?}"));
    let client = builder.build().unwrap();
    assert_clean(&format!("{client:?} {:?}", client.raw()));
    let submit = client.submit("a-job").discord(DISCORD);
    assert_clean(&format!("{submit:?}"));
    let retrieve = client.retrieve("a-job").discord(DISCORD);
    assert_clean(&format!("{retrieve:?} {:?}", client.job("a-job").wait()));
    let mut request = useapi_seed_raw::types::SeedRequest::new("a-job");
    request.discord = Some(DISCORD.into());
    assert_clean(&format!("{request:?}"));
    let raw = useapi_seed_raw::Client::builder(TOKEN);
    assert_clean(&format!("{raw:?}"));
    let error = submit.send().await.unwrap_err();
    assert_clean(&format!("{error} {error:#?}"));
}
