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

use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use useapi_seed::{Client, ErrorKind, PollResult, SubmitOutcome, Warning};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{Fixture, Request, Response, Stub, once};

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
    let requests = unencrypted_hosts_are_warned_of().await;

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    // The libraries below do log, so a leak would be seen.
    assert!(log.contains("reqwest") || log.contains("hyper"), "{log}");
    assert!(log.contains("useapi_seed.request"), "{log}");
    assert_clean(&log);
    assert_eq!(
        log.matches("the API token goes over the network unencrypted")
            .count(),
        1
    );
    assert_eq!(log.matches("the image URL is plain http").count(), 1);
    // By the proxy, which is on loopback, and with nothing of the API's.
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].line,
        "GET http://162.159.128.233/a.png HTTP/1.1"
    );
    assert_eq!(requests[0].header("authorization"), None);
}

/// A client whose API is not on loopback, by its address at least, and the requests
/// for an image that came to its proxy.
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
        .retry(once())
        .build()
        .unwrap();
    assert!(client.raw().is_unencrypted());
    let Ok(PollResult::Completed(retrieval)) = client.job("a-job").poll().await else {
        panic!("no result");
    };
    assert!(retrieval.warnings().contains(&Warning::UnencryptedImage(1)));
    let folder = tempfile::tempdir().unwrap();
    client
        .save_images(&retrieval, &folder)
        .await
        .remove(0)
        .unwrap_err();
    proxy.requests()
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
    let Ok(PollResult::Completed(retrieval)) = client.job("a-job").poll().await else {
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
        // It may have been carried out, and is searched for, but not repeated.
        let requests = api.requests().into_iter();
        let posts = requests.filter(|request| request.line.starts_with("POST"));
        assert_eq!(posts.count(), 1);
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
    let Ok(SubmitOutcome::AlreadyRetrieved(retrieval)) =
        client.submit("a-job").discord(DISCORD).send().await
    else {
        panic!("no result");
    };
    assert_clean(&String::from_utf8_lossy(retrieval.raw_body()));
    assert_clean(&format!("{retrieval:?}"));
    // What the service cut itself is data.
    assert_eq!(
        retrieval.raw_job().discord.as_deref(),
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

/// The character, in one of the spellings that a JSON string may have of it.
fn spelled(letter: char, spelling: u8) -> String {
    let code = u32::from(letter);
    match spelling {
        0 => format!("\\u{code:04x}"),
        1 => format!("\\u{code:04X}"),
        2 => format!("%{code:02x}"),
        3 => format!("\\u0025{code:02X}"),
        // With what programs remove.
        4 => format!("{letter}\\u0000"),
        5 => format!("{letter}\\n\u{7f}"),
        6 => format!("{letter}\u{202e}\\ufeff"),
        7 if letter == '/' => "\\/".to_owned(),
        _ => letter.to_string(),
    }
}

/// What a text shows at most, read as JSON, as an address, and without what does
/// not show.
fn shown(text: &str) -> String {
    let mut text = text.to_owned();
    for letter in (0..128_u8).map(char::from).filter(char::is_ascii_graphic) {
        let code = u32::from(letter);
        for escape in [
            format!("\\u{code:04x}"),
            format!("\\u{code:04X}"),
            format!("%{code:02x}"),
            format!("%{code:02X}"),
        ] {
            text = text.replace(&escape, &letter.to_string());
        }
    }
    for hidden in [
        "\\u0000",
        "\\0",
        "\\n",
        "\\ufeff",
        "\\u{7f}",
        "\\u{202e}",
        "\\u{feff}",
    ] {
        text = text.replace(hidden, "");
    }
    let is_hidden = |letter: char| letter.is_control() || "\u{202e}\u{feff}\\".contains(letter);
    text.chars().filter(|letter| !is_hidden(*letter)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_of_the_token_is_handed_out(
        spellings in prop::collection::vec(0..16_u8, SLASHED.len()),
        status in prop::sample::select(vec![200, 400, 401, 500, 596]),
    ) {
        let letters = SLASHED.chars().zip(spellings);
        let token: String = letters.map(|(letter, spelling)| spelled(letter, spelling)).collect();
        prop_assert!(shown(&token).contains(SLASHED));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for text in runtime.block_on(handed_out(status, &token)) {
            prop_assert!(!shown(&text).contains(SLASHED), "{}", text);
            prop_assert!(text.contains("***"), "{}", text);
        }
    }
}

/// A token with a character that JSON may escape by itself.
const SLASHED: &str = "user:1234-planted/token";

/// All that the client makes of a response that has a token in it, as JSON has it.
async fn handed_out(status: u16, token: &str) -> Vec<String> {
    let body = format!(
        r#"{{"jobid":"{token}","{token}":["{token}"],"error":"a {token}","errorDetails":"{token}",
        "executingJobs":["{token}"],"verb":"imagine","status":"completed","content":"**a {token}** - <@1>",
        "seed":{{"value":5,"attachments":[{{"url":"{token}","filename":"{token}"}}]}}}}"#
    );
    let api = Stub::always(Response::json(status, body)).await;
    let client = Client::builder(SLASHED)
        .base_url(api.base_url())
        .retry(once());
    let client = client.build().unwrap();
    match client.submit("a-job").send().await {
        Ok(SubmitOutcome::AlreadyRetrieved(retrieval)) => {
            let answer: Value = serde_json::from_slice(retrieval.raw_body()).unwrap();
            let mut texts = vec![
                String::from_utf8(retrieval.raw_body().to_vec()).unwrap(),
                retrieval.job_id().to_owned(),
                retrieval.prompt().unwrap().to_owned(),
                retrieval.prompt_with_seed().unwrap(),
                serde_json::to_string(&retrieval).unwrap(),
                format!("{retrieval:?}"),
                format!("{:?}", retrieval.raw_job()),
            ];
            texts.extend(
                answer
                    .as_object()
                    .unwrap()
                    .keys()
                    .find(|key| key.contains('*'))
                    .cloned(),
            );
            texts
        }
        // The search for a job of an ambiguous failure may find this one.
        Ok(other) => vec![format!("{other:?}")],
        Err(error) => {
            let received = error.response().unwrap();
            vec![
                error.to_string(),
                format!("{error:?}"),
                format!("{error:#?}"),
                error.service_message().unwrap().to_owned(),
                format!("{received:?}"),
                String::from_utf8(received.body.to_vec()).unwrap(),
            ]
        }
    }
}
