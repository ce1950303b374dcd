//! Limits, which take their time unless they are small.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::transfer::Limits;
use super::{Downloader, ImageFault};
use crate::error::ErrorKind;
use crate::retrieval::Image;

/// A host that sends `start`, then `rest` again and again, and then keeps the
/// connection when `rest` is empty.
async fn host(start: Vec<u8>, rest: &'static [u8]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/a.png", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            assert_ne!(stream.read(&mut request).await.unwrap(), 0);
            stream.write_all(&start).await.unwrap();
            if rest.is_empty() {
                // Until the caller hangs up.
                let _ = stream.read(&mut request).await;
            }
            while !rest.is_empty() && stream.write_all(rest).await.is_ok() {}
        }
    });
    (link, task)
}

fn answer(headers: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    let start = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
    [head.as_bytes(), start].concat()
}

/// What is wrong with the image at a link, within these limits. It leaves no
/// file.
async fn fault(link: String, limits: Limits) -> ImageFault {
    let downloader = Downloader::new(true, limits, |http| http).unwrap();
    let image = Image {
        number: 1,
        url: Some(link),
        proxy_url: None,
        filename: None,
        content_type: None,
        size: Some(2048),
        width: None,
        height: None,
    };
    let folder = tempfile::tempdir().unwrap();
    let outcome = downloader
        .save(&image, folder.path(), downloader.deadline())
        .await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    match outcome.unwrap_err().kind() {
        ErrorKind::Image(fault) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

const LIMITS: Limits = Limits {
    images: 16,
    size: 1_000_000,
    time: Duration::from_secs(60),
    retry_timeout: Duration::ZERO,
};

#[tokio::test]
async fn a_body_without_an_end_is_refused_at_the_limit() {
    let (link, _task) = host(answer(""), &[7; 10_000]).await;
    assert_eq!(fault(link, LIMITS).await, ImageFault::TooLarge(1_000_000));
}

/// All attempts together have as much time as one.
#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let limits = Limits {
        time: Duration::from_millis(300),
        ..LIMITS
    };
    let (link, _task) = host(answer("content-length: 2048\r\n"), b"").await;
    assert_eq!(fault(link, limits).await, ImageFault::TooSlow(24));
    let (link, _task) = host(Vec::new(), b"").await;
    assert_eq!(fault(link, limits).await, ImageFault::TooSlow(0));
}
