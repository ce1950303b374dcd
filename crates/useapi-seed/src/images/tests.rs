//! Limits, which take their time unless they are small, and proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    fault_of(&Downloader::new(true, limits, |http| http).unwrap(), link).await
}

async fn fault_of(downloader: &Downloader, link: String) -> ImageFault {
    let image = Image {
        number: 1,
        url: Some(link),
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
    size: 1_000_000,
    time: Duration::from_secs(60),
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

/// A proxy that answers every request with this, and counts them.
async fn proxy(answer: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, requests)
}

/// Has its images fetched by a proxy of this host's.
fn by_proxy(host: &str, port: u16) -> Downloader {
    let proxy = reqwest::Proxy::all(format!("http://{host}:{port}")).unwrap();
    Downloader::new(false, LIMITS, |http| http.proxy(proxy)).unwrap()
}

#[tokio::test]
async fn private_link_is_rejected_with_a_proxy() {
    let head = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, requests) = proxy(head.to_owned()).await;
    for host in ["127.0.0.1", "localhost"] {
        let downloader = by_proxy(host, port);
        for link in [
            format!("http://{host}:{port}/a.png"),
            format!("http://LOCALHOST.:{port}/a.png"),
            "https://metadata.google.internal/a.png".to_owned(),
            "http://[64:ff9b:1::a00:1]/a.png".to_owned(),
        ] {
            let fault = fault_of(&downloader, link.clone()).await;
            assert!(matches!(fault, ImageFault::BadLink(_)), "{link}: {fault:?}");
        }
        assert_eq!(requests.swap(0, Ordering::Relaxed), 0);
        // The proxy itself may be there.
        let link = "http://162.159.128.233/a.png".to_owned();
        let fault = fault_of(&downloader, link).await;
        assert!(matches!(fault, ImageFault::Gone { .. }), "{fault:?}");
        assert_eq!(requests.swap(0, Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn redirect_to_private_host_is_rejected() {
    let head = "HTTP/1.1 302 Found\r\nlocation: //10.0.0.1/b.png\r\ncontent-length: 0\r\n\
        connection: close\r\n\r\n";
    let (port, requests) = proxy(head.to_owned()).await;
    let link = "http://162.159.128.233/a.png".to_owned();
    let fault = fault_of(&by_proxy("127.0.0.1", port), link).await;
    let problem = "redirects to an address that points at 10.0.0.1, which is not a public address";
    assert_eq!(fault, ImageFault::BadLink(problem.to_owned()));
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}
