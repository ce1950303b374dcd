//! Requests that are rejected.

use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Harness, callback, path};

/// The head of the response to these bytes.
async fn send(harness: &Harness, request: &str) -> String {
    let address = harness.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.windows(4).any(|four| four == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut response).await.unwrap(), 0);
    }
    String::from_utf8(response).unwrap()
}

fn head(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}

#[tokio::test]
async fn unknown_url_is_rejected_before_its_body() {
    let harness = Harness::new().await;
    let url = harness.reply_url();
    let mut forged = url.clone();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    for url in [
        forged,
        url.replace("/job/", "/account/"),
        url[..url.len() - 23].to_owned(),
    ] {
        // A megabyte is announced, and nothing is sent.
        let headers = "content-type: application/json\r\ncontent-length: 1000000\r\n";
        let response = send(&harness, &head(&path(&url), headers)).await;
        assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    }
    let stats = harness.receiver.stats();
    assert_eq!((stats.unknown_url, stats.accepted), (3, 0));
}

#[tokio::test]
async fn method_other_than_post_is_rejected() {
    let harness = Harness::new().await;
    let response = harness.http.get(harness.reply_url()).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()[ALLOW], "POST");
    assert_eq!(response.headers()[CONNECTION], "close");
}

#[tokio::test]
async fn body_counts_whatever_its_content_type() {
    let harness = Harness::new().await;
    let url = harness.reply_url();
    let job = callback("a", "progress").to_string();
    let with_bom = format!("\u{feff}{job}");
    let long = callback(&"1".repeat(257), "progress").to_string();
    for (content_type, body, status) in [
        ("application/json", job.as_str(), 200),
        ("Application/JSON; charset=utf-8", &job, 200),
        ("application/problem+json", &job, 200),
        ("text/plain", &job, 200),
        ("", &job, 200),
        ("text/plain", &with_bom, 200),
        ("application/json", &long, 400),
        ("text/plain", "jobid=a", 400),
        ("application/x-www-form-urlencoded", "jobid=a", 400),
        ("application/json", "", 400),
        ("application/json", "{\"jobid\":", 400),
        ("application/json", "[]", 400),
        ("application/json", "{\"jobid\":7.5}", 400),
    ] {
        let call = harness.http.post(&url).header(CONTENT_TYPE, content_type);
        let response = call.body(body.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), status, "{content_type} {body}");
    }
    let stats = harness.receiver.stats();
    assert_eq!((stats.accepted, stats.invalid_body), (6, 7));
}

#[tokio::test]
async fn content_type_may_be_absent() {
    let harness = Harness::new().await;
    let body = callback("a", "progress").to_string();
    let headers = format!("content-length: {}\r\n", body.len());
    let request = head(&path(&harness.reply_url()), &headers) + &body;
    let response = send(&harness, &request).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}

#[tokio::test]
async fn large_body_is_rejected() {
    let harness = Harness::new().await;
    let path = path(&harness.reply_url());
    // Announced, and nothing is sent.
    let headers = "content-type: application/json\r\ncontent-length: 1048577\r\n";
    let response = send(&harness, &head(&path, headers)).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");

    let headers = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let request = head(&path, headers) + &chunk.repeat(17);
    let response = send(&harness, &request).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}

#[tokio::test]
async fn body_as_large_as_the_limit_is_accepted() {
    let harness = Harness::new().await;
    let mut body = callback("a", "progress").to_string();
    body += &" ".repeat(1_048_576 - body.len());
    let call = harness.http.post(harness.reply_url()).body(body);
    assert_eq!(call.send().await.unwrap().status(), 200);
}
