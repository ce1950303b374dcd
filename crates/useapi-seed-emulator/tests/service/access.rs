//! Tokens, paths and methods.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{answer, client, request, start};

async fn both(emulator: &Emulator, authorization: Option<&str>) -> [(u16, Value); 2] {
    let base = emulator.base_url();
    let jobid = &emulator.jobs().imagine;
    let calls = [
        client()
            .post(format!("{base}/jobs/seed_async"))
            .json(&json!({ "jobid": jobid })),
        client()
            .get(format!("{base}/jobs/"))
            .query(&[("jobid", jobid)]),
    ];
    let [post, get] = calls.map(|call| match authorization {
        Some(value) => call.header("authorization", value),
        None => call,
    });
    [answer(post).await, answer(get).await]
}

#[tokio::test]
async fn without_a_known_token_nothing_is_answered() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.token();
    let refused = (401, json!({ "error": "Unauthorized", "code": 401 }));
    for authorization in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer wrong"),
        Some(token),
        Some(&format!("Basic {token}")),
        Some(&format!("Bearer {token}x")),
    ] {
        for answer in both(&emulator, authorization).await {
            assert_eq!(answer, refused, "{authorization:?}");
        }
    }
}

#[tokio::test]
async fn the_scheme_may_be_written_as_one_likes() {
    let emulator = Emulator::start().await.unwrap();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", emulator.token());
        for (status, body) in both(&emulator, Some(&value)).await {
            assert_eq!(status, 200, "{body}");
        }
    }
}

#[tokio::test]
async fn an_expired_subscription_is_402() {
    let emulator = Emulator::start().await.unwrap();
    let value = format!("Bearer {}", emulator.expired_token());
    for answer in both(&emulator, Some(&value)).await {
        let error = "Account has no subscription or subscription expired";
        assert_eq!(answer, (402, json!({ "error": error, "code": 402 })));
    }
}

#[tokio::test]
async fn other_paths_are_404_and_other_methods_405() {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/nothing", "/jobs/seed_async/", "/jobs/seed"] {
        let got = answer(request(&emulator, Method::POST, path)).await;
        assert_eq!(
            got,
            (404, json!({ "error": "Not Found", "code": 404 })),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::GET, "/jobs/seed_async"),
        (Method::DELETE, "/jobs/"),
    ] {
        let got = answer(request(&emulator, method, path)).await;
        let expected = json!({ "error": "Method Not Allowed", "code": 405 });
        assert_eq!(got, (405, expected), "{path}");
    }
}

#[tokio::test]
async fn head_is_405_and_not_allowed() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = start(&emulator, &emulator.jobs().imagine).await;
    let query = format!("?jobid={}", job["jobid"].as_str().unwrap());
    for (path, allowed) in [
        ("/jobs/seed_async", "POST"),
        (&format!("/jobs/{query}"), "GET"),
        ("/jobs", "GET"),
        (&format!("/jobs/cancel/{query}"), "GET"),
        ("/account/midjourney/1114555266835431444/reset", "POST"),
    ] {
        for method in [Method::HEAD, Method::OPTIONS, Method::DELETE] {
            let got = request(&emulator, method.clone(), path).send().await;
            let got = got.unwrap();
            let place = format!("{method} {path}");
            assert_eq!(
                (got.status().as_u16(), &got.headers()["allow"]),
                (405, &HeaderValue::from_static(allowed)),
                "{place}"
            );
        }
    }
    // The job is not cancelled.
    let (_, executing) = answer(request(&emulator, Method::GET, "/jobs")).await;
    assert_eq!(executing, json!([job["jobid"]]));
}

#[tokio::test]
async fn head_works_where_it_is_allowed() {
    let emulator = Emulator::start().await.unwrap();
    let root = emulator.base_url().trim_end_matches("/v2");
    let journal = format!("{root}/_emulator/journal");
    let got = client().delete(&journal).send().await.unwrap();
    assert_eq!(
        (got.status(), &got.headers()["allow"]),
        (
            405.try_into().unwrap(),
            &HeaderValue::from_static("GET,HEAD")
        )
    );
    let got = client().head(&journal).send().await.unwrap();
    assert_eq!(got.status(), 200);
    assert_eq!(got.text().await.unwrap(), "");
    let got = client()
        .post(emulator.image_base_url())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (got.status(), &got.headers()["allow"]),
        (
            405.try_into().unwrap(),
            &HeaderValue::from_static("GET, HEAD")
        )
    );
}

/// The status of a request with this `Host` header.
async fn status_for(url: &str, host: &str) -> u16 {
    let got = client().get(url).header("host", host).send().await;
    got.unwrap().status().as_u16()
}

#[tokio::test]
async fn other_hosts_are_rejected_on_every_route() {
    let emulator = Emulator::start().await.unwrap();
    let api = emulator.base_url().trim_end_matches("/v2");
    let images = emulator.image_base_url();
    let port = |url: &str| url.rsplit(':').next().unwrap().to_owned();
    for url in [
        format!("{api}/v2/jobs"),
        format!("{api}/nothing"),
        format!("{api}/_emulator/service"),
        format!("{api}/_emulator/journal"),
        emulator.console_url(),
        format!("{images}/image.png"),
    ] {
        let own = if url.starts_with(api) {
            port(api)
        } else {
            port(images)
        };
        for host in [
            "rebound.example".to_owned(),
            format!("rebound.example:{own}"),
            format!("127.0.0.1.rebound.example:{own}"),
            "localhost".to_owned(),
            "localhost:1".to_owned(),
        ] {
            assert_eq!(status_for(&url, &host).await, 421, "{url} {host}");
        }
        for host in [
            format!("localhost:{own}"),
            format!("LOCALHOST:{own}"),
            format!("127.0.0.1:{own}"),
            "127.0.0.1:1".to_owned(),
            format!("[::1]:{own}"),
        ] {
            assert_ne!(status_for(&url, &host).await, 421, "{url} {host}");
        }
    }
    let call = client().get(format!("{api}/_emulator/service"));
    let (_, body) = answer(call.header("host", "rebound.example")).await;
    assert_eq!(body["code"], 421);
    let error = body["error"].as_str().unwrap();
    assert!(
        error.starts_with("Emulator: the Host header must be "),
        "{error}"
    );
    assert!(!body.to_string().contains(emulator.token()));
}

#[test]
fn request_must_name_one_host_that_is_here() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let emulator = runtime.block_on(Emulator::start()).unwrap();
    let authority = emulator.base_url().trim_start_matches("http://");
    let authority = authority.trim_end_matches("/v2");
    for (head, status) in [
        (
            format!("GET /v2/jobs HTTP/1.1\r\nhost: {authority}\r\n"),
            "401",
        ),
        ("GET /v2/jobs HTTP/1.1\r\n".to_owned(), "421"),
        (
            format!("GET /v2/jobs HTTP/1.1\r\nhost: {authority}\r\nhost: a.example\r\n"),
            "421",
        ),
        (
            format!("GET http://a.example/v2/jobs HTTP/1.1\r\nhost: {authority}\r\n"),
            "421",
        ),
        (
            format!("GET http://{authority}/v2/jobs HTTP/1.1\r\nhost: {authority}\r\n"),
            "401",
        ),
    ] {
        let mut stream = TcpStream::connect(authority).unwrap();
        stream
            .write_all(format!("{head}connection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).unwrap();
        assert!(
            got.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head}{got}"
        );
    }
}
