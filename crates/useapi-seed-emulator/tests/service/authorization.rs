//! Tokens, paths, methods and hosts.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::json;

use crate::caller::{CHANNEL, Caller, client, id, json_of, send, validated};

#[tokio::test]
async fn token_decides_the_status() {
    let caller = Caller::start().await;
    let (token, expired) = (caller.token(), caller.expired_token());
    let unknown = (401, Some("Unauthorized"));
    let unpaid = "Account has no subscription or subscription expired";
    for (authorization, (status, error)) in [
        (String::new(), unknown),
        ("Bearer".to_owned(), unknown),
        ("Bearer ".to_owned(), unknown),
        ("Bearer wrong".to_owned(), unknown),
        (token.to_owned(), unknown),
        (format!("Basic {token}"), unknown),
        (format!("Bearer {token}x"), unknown),
        (format!("Bearer {expired}"), (402, Some(unpaid))),
        (format!("Bearer {token}"), (200, None)),
        (format!("bearer {token}"), (200, None)),
        (format!("BEARER {token}"), (200, None)),
    ] {
        let jobid = &caller.jobs().imagine;
        let post = caller.anonymous(Method::POST, "/jobs/seed_async");
        let get = caller.anonymous(Method::GET, "/jobs/");
        for call in [
            post.json(&json!({ "jobid": jobid })),
            get.query(&[("jobid", jobid)]),
        ] {
            let got = validated(call.header("authorization", &authorization)).await;
            assert_eq!((got.0, got.1["error"].as_str()), (status, error));
            assert_eq!(got.1["code"], status);
        }
    }
    let without = caller.anonymous(Method::GET, "/jobs");
    assert_eq!(validated(without).await.0, 401);
}

#[tokio::test]
async fn unknown_path_is_404_and_method_405() {
    let caller = Caller::start().await;
    let job = caller.start_job(&caller.jobs().imagine).await;
    for path in ["/nothing", "/jobs/seed_async/", "/jobs/seed"] {
        let got = validated(caller.request(Method::POST, path)).await;
        assert_eq!(got, (404, json!({ "error": "Not Found", "code": 404 })));
    }
    for (path, allowed) in [
        ("/jobs/seed_async".to_owned(), "POST"),
        (format!("/jobs/?jobid={}", id(&job)), "GET"),
        ("/jobs".to_owned(), "GET"),
        (format!("/jobs/cancel/?jobid={}", id(&job)), "GET"),
        (format!("/account/midjourney/{CHANNEL}/reset"), "POST"),
    ] {
        for method in [Method::HEAD, Method::OPTIONS, Method::DELETE] {
            let got = send(caller.request(method.clone(), &path)).await;
            assert_eq!(got.status(), 405, "{method} {path}");
            assert_eq!(got.headers()["allow"], allowed, "{method} {path}");
            let error = json!({ "error": "Method Not Allowed", "code": 405 });
            if method != Method::HEAD {
                assert_eq!(got.json::<serde_json::Value>().await.unwrap(), error);
            }
        }
    }
    // HEAD did not cancel the job.
    assert_eq!(caller.list().await, json!([job["jobid"]]));
}

#[tokio::test]
async fn allowed_head_has_a_response() {
    let caller = Caller::start().await;
    let journal = caller.root_url("/_emulator/journal");
    let got = send(client().delete(&journal)).await;
    assert_eq!(
        (got.status().as_u16(), &got.headers()["allow"]),
        (405, &"GET,HEAD".parse().unwrap())
    );
    let got = send(client().head(&journal)).await;
    assert_eq!(got.status(), 200);
    assert_eq!(got.text().await.unwrap(), "");
}

#[tokio::test]
async fn foreign_host_is_rejected_on_every_route() {
    let caller = Caller::start().await;
    let api = [
        "/v2/jobs",
        "/nothing",
        "/_emulator/service",
        "/_emulator/journal",
        "/_emulator/page/",
    ];
    let mut urls: Vec<_> = api.map(|path| caller.root_url(path)).into();
    urls.push(format!("{}/image.png", caller.image_base_url()));
    for url in urls {
        let port = url.split([':', '/']).nth(4).unwrap();
        for (host, is_rejected) in [
            (format!("rebound.example:{port}"), true),
            ("localhost:1".to_owned(), true),
            (format!("localhost:{port}"), false),
            ("127.0.0.1:1".to_owned(), false),
        ] {
            let got = send(client().get(&url).header("host", &host)).await;
            assert_eq!(got.status() == 421, is_rejected, "{url} {host}");
        }
    }
    let call = client().get(caller.root_url("/_emulator/service"));
    let body = json_of(call.header("host", "rebound.example")).await;
    assert_eq!(body["code"], 421);
    let error = body["error"].as_str().unwrap();
    assert!(error.starts_with("Emulator: the Host header must be "));
    assert!(!body.to_string().contains(caller.token()));
}

#[tokio::test]
async fn request_must_have_one_local_host() {
    let caller = Caller::start().await;
    let own = caller.authority();
    let absolute = format!("http://{own}/v2/jobs");
    for (target, hosts, status) in [
        ("/v2/jobs", &[own][..], 401),
        ("/v2/jobs", &[], 421),
        ("/v2/jobs", &[own, "a.example"], 421),
        ("http://a.example/v2/jobs", &[own], 421),
        (&absolute, &[own], 401),
    ] {
        let hosts: Vec<_> = hosts.iter().map(|it| format!("host: {it}\r\n")).collect();
        let hosts = hosts.concat();
        let head = format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let mut stream = TcpStream::connect(own).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).unwrap();
        let start = format!("HTTP/1.1 {status} ");
        assert!(got.starts_with(&start), "{head}{got}");
    }
}
