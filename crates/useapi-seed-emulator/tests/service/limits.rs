//! What a caller can take of the emulator.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::caller::{answer, client, fast, get, request};

fn authority(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches("/v2")
}

#[tokio::test]
async fn a_thousand_idle_connections_block_nothing() {
    // Both ends of each are files of this process, and many systems allow 1024
    // until more are asked for.
    #[cfg(unix)]
    let allowed = rlimit::increase_nofile_limit(4096).unwrap();
    #[cfg(unix)]
    assert!(allowed >= 2500, "only {allowed} files may be open at once");

    let emulator = fast().await;
    let open = || TcpStream::connect(authority(emulator.base_url())).unwrap();
    let idle: Vec<TcpStream> = (0..1000).map(|_| open()).collect();
    let begun = Instant::now();
    assert_eq!(get(&emulator, &emulator.jobs().progress).await.0, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(idle.len(), 1000);
}

#[tokio::test]
async fn large_head_is_431() {
    let emulator = fast().await;
    let jobs = "/jobs/?jobid=x";
    let padded = |size: usize| {
        let call = request(&emulator, Method::GET, jobs);
        call.header("x-padding", "x".repeat(size))
    };
    assert_eq!(answer(padded(8 * 1024)).await.0, 404);
    let status = async |call: reqwest::RequestBuilder| call.send().await.unwrap().status();
    assert_eq!(status(padded(16 * 1024)).await, 431);
    let long = format!("{jobs}{}", "x".repeat(16 * 1024));
    assert_eq!(status(request(&emulator, Method::GET, &long)).await, 431);
    let image = format!("{}/{}", emulator.image_base_url(), "x".repeat(16 * 1024));
    assert_eq!(status(client().get(image)).await, 431);
    // They are too large for the journal, too.
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn head_of_a_megabyte_is_not_read_completely() {
    let emulator = fast().await;
    let mut stream = TcpStream::connect(authority(emulator.base_url())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let padding = "x".repeat(1024 * 1024);
    let head = format!("GET /v2/jobs HTTP/1.1\r\nhost: x\r\nx-padding: {padding}\r\n\r\n");
    // The connection may be closed before all is sent.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = [0; 12];
    match stream.read_exact(&mut answer) {
        Ok(()) => assert_eq!(&answer, b"HTTP/1.1 431"),
        // What was still underway is lost to the reset.
        Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "{error}"),
    }
    assert_eq!(get(&emulator, &emulator.jobs().progress).await.0, 200);
}
