//! Limits and pauses, which take their time unless they are small, and proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Downloader, ImageFault, Limits};
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

/// One grey pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\
    \x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\
    \x00\x00\x00\x0aIDATx\x9cc\xa8\x07\x00\x00\x81\x00\x80\xd3\x94SJ\
    \x00\x00\x00\x00IEND\xaeB`\x82";

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn image(number: usize, url: String) -> Image {
    Image {
        number,
        url: Some(url),
        proxy_url: None,
        filename: None,
        content_type: None,
        size: Some(PNG.len() as u64),
        width: None,
        height: None,
    }
}

/// What is wrong with the image at a link, within these limits. It leaves no
/// file.
async fn fault(link: String, limits: Limits) -> ImageFault {
    fault_of(&Downloader::new(true, limits, |http| http).unwrap(), link).await
}

async fn fault_of(downloader: &Downloader, link: String) -> ImageFault {
    let folder = tempfile::tempdir().unwrap();
    let outcome = downloader
        .save(&image(1, link), folder.path(), downloader.deadline())
        .await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    match outcome.unwrap_err().kind() {
        ErrorKind::Image(fault) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

/// Saves an image from each of these links at the same time.
async fn assert_saved(links: Vec<String>) {
    let downloader = Downloader::new(true, LIMITS, |http| http).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let images: Vec<_> = (1..)
        .zip(links)
        .map(|(number, link)| image(number, link))
        .collect();
    let saves = images
        .iter()
        .map(|image| downloader.save(image, folder.path(), downloader.deadline()));
    for saved in join_all(saves).await {
        assert_eq!(std::fs::read(saved.unwrap().path).unwrap(), PNG);
    }
}

const LIMITS: Limits = Limits {
    images: 16,
    size: 1_000_000,
    time: Duration::from_secs(60),
    retry_timeout: Duration::from_secs(10),
    initial_backoff: Duration::from_millis(1),
};

#[tokio::test]
async fn a_body_without_an_end_is_refused_at_the_limit() {
    let (link, _task) = host(answer("", &PNG[..24]), &[7; 10_000]).await;
    assert_eq!(fault(link, LIMITS).await, ImageFault::TooLarge(1_000_000));
}

/// All attempts together have as much time as one.
#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let limits = Limits {
        time: Duration::from_millis(300),
        ..LIMITS
    };
    let (link, _task) = host(answer("content-length: 2048\r\n", &PNG[..24]), b"").await;
    assert_eq!(fault(link, limits).await, ImageFault::TooSlow(24));
    let (link, _task) = host(Vec::new(), b"").await;
    assert_eq!(fault(link, limits).await, ImageFault::TooSlow(0));
}

#[tokio::test]
async fn a_connection_kept_open_delays_no_complete_image() {
    let answer = answer("content-length: 2048\r\n", PNG);
    let (link, _task) = host(answer, b"").await;
    assert_saved(vec![link]).await;
}

#[tokio::test]
async fn a_host_that_is_away_for_a_while_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let task = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let listener = TcpListener::bind(address).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        let answer = answer("content-length: 67\r\n", PNG);
        stream.write_all(&answer).await.unwrap();
    });
    assert_saved(vec![format!("http://{address}/a.png")]).await;
    task.await.unwrap();
}

/// Until it closes, which an idle connection must not delay for long.
#[tokio::test]
async fn a_host_that_serves_one_connection_at_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/a.png", listener.local_addr().unwrap());
    let _task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                let answer = answer("content-length: 67\r\n", PNG);
                stream.write_all(&answer).await.unwrap();
            }
        }
    });
    assert_saved(vec![link; 3]).await;
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
