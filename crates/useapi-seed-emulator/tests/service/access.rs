//! Tokens, paths and methods.

use reqwest::Method;
use serde_json::{Value, json};
use useapi_seed_emulator::Emulator;

use crate::caller::{answer, client, request};

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
