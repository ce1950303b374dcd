//! What a caller can take of the emulator.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::caller::{Caller, fetch, send, validated};

#[tokio::test]
async fn a_thousand_idle_connections_block_nothing() {
    // Both ends of each are files of this process, and many systems allow 1024 by
    // default.
    #[cfg(unix)]
    let allowed = rlimit::increase_nofile_limit(4096).unwrap();
    #[cfg(unix)]
    assert!(allowed >= 2500, "only {allowed} files may be open");

    let caller = Caller::start().await;
    let open = || TcpStream::connect(caller.authority()).unwrap();
    let idle: Vec<TcpStream> = (0..1000).map(|_| open()).collect();
    let start = Instant::now();
    assert_eq!(caller.get(&caller.jobs().progress).await.0, 200);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(idle.len(), 1000);
}

#[tokio::test]
async fn large_head_is_431() {
    let caller = Caller::start().await;
    let padded = |size: usize| {
        let call = caller.request(Method::GET, "/jobs/?jobid=x");
        call.header("x-padding", "x".repeat(size))
    };
    assert_eq!(validated(padded(8 * 1024)).await.0, 404);
    assert_eq!(send(padded(16 * 1024)).await.status(), 431);
    let long = "x".repeat(16 * 1024);
    for base in [caller.base_url(), caller.image_base_url()] {
        assert_eq!(fetch(&format!("{base}/{long}")).await.status(), 431);
    }
    // They are too large for the journal, too.
    assert_eq!(caller.journal().len(), 1);
}

#[tokio::test]
async fn head_of_a_megabyte_is_not_read_completely() {
    let caller = Caller::start().await;
    let mut stream = TcpStream::connect(caller.authority()).unwrap();
    let timeout = Some(Duration::from_secs(10));
    stream.set_read_timeout(timeout).unwrap();
    let padding = "x".repeat(1024 * 1024);
    let head = format!("GET /v2/jobs HTTP/1.1\r\nhost: x\r\nx-padding: {padding}\r\n\r\n");
    // The connection may be closed before all is sent.
    let _ = stream.write_all(head.as_bytes());
    let mut start = [0; 12];
    match stream.read_exact(&mut start) {
        Ok(()) => assert_eq!(&start, b"HTTP/1.1 431"),
        // The response is lost when the reset overtakes it.
        Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "{error}"),
    }
    assert_eq!(caller.get(&caller.jobs().progress).await.0, 200);
}
