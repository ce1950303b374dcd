//! What is no callback, is answered as HTTP wants it.

use reqwest::header::{ALLOW, CONTENT_TYPE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Setting, claim};

/// The head of the answer to these bytes.
async fn answer(setting: &Setting, request: &str) -> String {
    let address = setting.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
    String::from_utf8(answer).unwrap()
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{more}\r\n")
}

fn path(url: &str) -> String {
    url::Url::parse(url).unwrap().path().to_owned()
}

#[tokio::test]
async fn a_wrong_address_is_refused_before_the_body_is_read() {
    let setting = Setting::new().await;
    let url = setting.reply_url();
    let mut wrong = url.clone();
    let last = if wrong.pop() == Some('A') { 'Q' } else { 'A' };
    wrong.push(last);
    for wrong in [
        wrong,
        url.replace("/job/", "/account/"),
        url[..url.len() - 23].to_owned(),
    ] {
        // A megabyte is announced, and nothing is sent.
        let more = "content-type: application/json\r\ncontent-length: 1000000\r\n";
        let answer = answer(&setting, &head("POST", &path(&wrong), more)).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
    assert_eq!(setting.receiver.counts().strangers, 3);
    assert_eq!(setting.receiver.counts().accepted, 0);
}

#[tokio::test]
async fn what_is_no_callback_is_told_why() {
    let setting = Setting::new().await;
    let url = setting.reply_url();
    let job = claim("a", "progress").to_string();
    let get = setting.http.get(&url).send().await.unwrap();
    assert_eq!(get.status(), 405);
    assert_eq!(get.headers()[ALLOW], "POST");
    for (content_type, body, status) in [
        ("application/json", job.as_str(), 200),
        ("Application/JSON; charset=utf-8", job.as_str(), 200),
        ("application/problem+json", job.as_str(), 200),
        ("text/plain", job.as_str(), 200),
        ("", job.as_str(), 200),
        ("text/plain", "jobid=a", 400),
        ("application/x-www-form-urlencoded", "jobid=a", 400),
        ("application/json", "", 400),
        ("application/json", "{\"jobid\":", 400),
        ("application/json", "[]", 400),
        ("application/json", "{\"jobid\":7.5}", 400),
    ] {
        let call = setting.http.post(&url).header(CONTENT_TYPE, content_type);
        let answer = call.body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{content_type} {body}");
    }
    let counts = setting.receiver.counts();
    assert_eq!((counts.accepted, counts.unreadable), (5, 6));
}

#[tokio::test]
async fn content_type_may_be_absent() {
    let setting = Setting::new().await;
    let body = claim("a", "progress").to_string();
    let more = format!("content-length: {}\r\n", body.len());
    let sent = head("POST", &path(&setting.reply_url()), &more) + &body;
    let answer = answer(&setting, &sent).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn byte_order_mark_is_skipped() {
    let setting = Setting::new().await;
    let body = format!("\u{feff}{}", claim("a", "progress"));
    let call = setting.http.post(setting.reply_url()).body(body);
    assert_eq!(call.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn large_bodies_are_refused_whether_announced_or_not() {
    let setting = Setting::new().await;
    let path = path(&setting.reply_url());
    let more = "content-type: application/json\r\ncontent-length: 1048577\r\n";
    let announced = answer(&setting, &head("POST", &path, more)).await;
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");

    let more = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let sent = head("POST", &path, more) + &chunk.repeat(17);
    let chunked = answer(&setting, &sent).await;
    assert!(chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
}
