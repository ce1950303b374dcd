//! Limits and delays, which take time unless they are small, and proxies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::limits::Limits;
use crate::{Directory, Downloader, ImageError, ImageSource};

/// A host that sends `start`, then `rest` repeatedly; when `rest` is empty it keeps
/// the connection open.
async fn host(start: Vec<u8>, rest: &'static [u8]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/a.png", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            assert_ne!(stream.read(&mut request).await.unwrap(), 0);
            stream.write_all(&start).await.unwrap();
            if rest.is_empty() {
                // Until the client closes the connection.
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

fn response(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn source(number: usize, url: String) -> ImageSource {
    let mut source = ImageSource::new(number, url);
    source.size = Some(PNG.len() as u64);
    source
}

fn downloader(limits: Limits) -> Downloader {
    let builder = Downloader::builder().allow_local_addresses(true);
    builder.limits(limits).build().unwrap()
}

/// Why an image cannot be saved within these limits. It leaves no file.
async fn error(url: String, limits: Limits) -> ImageError {
    error_of(&downloader(limits), url).await
}

async fn error_of(downloader: &Downloader, url: String) -> ImageError {
    let directory = tempfile::tempdir().unwrap();
    let sink = Directory::new(directory.path());
    let outcome = downloader.save(&source(1, url), &sink).await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    outcome.unwrap_err().into_parts().0
}

/// Saves an image from each of these URLs concurrently.
async fn assert_saved(urls: Vec<String>) {
    let downloader = downloader(LIMITS);
    let directory = tempfile::tempdir().unwrap();
    let sink = Directory::new(directory.path());
    let sources = (1..).zip(urls).map(|(number, url)| source(number, url));
    let sources: Vec<_> = sources.collect();
    let saves = sources.iter().map(|source| downloader.save(source, &sink));
    for saved in join_all(saves).await {
        let path = directory.path().join(saved.unwrap().name);
        assert_eq!(std::fs::read(path).unwrap(), PNG);
    }
}

const LIMITS: Limits = Limits {
    // Some responses announce as much.
    size: 2048,
    time: Duration::from_secs(60),
    retry_timeout: Duration::from_secs(10),
    initial_backoff: Duration::from_millis(1),
};

#[tokio::test]
async fn endless_body_is_rejected_at_the_limit() {
    let limits = |size| Limits { size, ..LIMITS };
    let (link, _task) = host(response("", &PNG[..24]), &[7; 10_000]).await;
    let outcome = error(link, limits(1_000_000)).await;
    assert_eq!(outcome, ImageError::TooLarge(1_000_000));
    let (link, _task) = host(response("", PNG), b"").await;
    assert_eq!(error(link, limits(66)).await, ImageError::TooLarge(66));
}

/// A host that sends these responses in turn, and the `Range` of each request.
async fn host_in_turn(responses: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/a.png", listener.local_addr().unwrap());
    let ranges = Arc::<Mutex<Vec<_>>>::default();
    let received = Arc::clone(&ranges);
    tokio::spawn(async move {
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let mut lines = request.lines();
            let range = lines.find_map(|line| line.strip_prefix("range: "));
            received
                .lock()
                .unwrap()
                .push(range.unwrap_or("").to_owned());
            stream.write_all(&response).await.unwrap();
        }
    });
    (link, ranges)
}

#[tokio::test]
async fn three_failed_resumes_start_over() {
    let first = |length| response("content-length: 67\r\netag: \"a\"\r\n", &PNG[..length]);
    let part = |start: usize, end: usize| {
        let range = format!("content-range: bytes {start}-{}/67\r\n", end - 1);
        let head = format!("HTTP/1.1 206 Partial\r\netag: \"a\"\r\n{range}\r\n");
        [head.as_bytes(), &PNG[start..end]].concat()
    };
    let (none, at_40, at_50) = ("", "bytes=40-", "bytes=50-");
    for (responses, expected) in [
        (vec![first(0), first(67)], vec![none, none]),
        (
            vec![first(40), vec![], vec![], vec![], first(67)],
            vec![none, at_40, at_40, at_40, none],
        ),
        // Progress resets the count.
        (
            vec![
                first(40),
                vec![],
                vec![],
                part(40, 50),
                vec![],
                vec![],
                part(50, 67),
            ],
            vec![none, at_40, at_40, at_40, at_50, at_50, at_50],
        ),
    ] {
        let (link, ranges) = host_in_turn(responses).await;
        assert_saved(vec![link]).await;
        assert_eq!(*ranges.lock().unwrap(), expected);
    }
}

/// The timeout is for all attempts together.
#[tokio::test]
async fn slow_download_times_out() {
    let limits = Limits {
        time: Duration::from_millis(300),
        ..LIMITS
    };
    let (link, _task) = host(response("content-length: 2048\r\n", &PNG[..24]), b"").await;
    assert_eq!(error(link, limits).await, ImageError::Timeout(24));
    let (link, _task) = host(Vec::new(), b"").await;
    assert_eq!(error(link, limits).await, ImageError::Timeout(0));
}

#[tokio::test]
async fn open_connection_delays_no_complete_image() {
    let response = response("content-length: 2048\r\n", PNG);
    let (link, _task) = host(response, b"").await;
    assert_saved(vec![link]).await;
}

#[tokio::test]
async fn unreachable_host_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let task = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let listener = TcpListener::bind(address).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        let response = response("content-length: 67\r\n", PNG);
        stream.write_all(&response).await.unwrap();
    });
    assert_saved(vec![format!("http://{address}/a.png")]).await;
    task.await.unwrap();
}

/// Until it is closed, which an idle connection must not delay for long.
#[tokio::test]
async fn host_with_one_connection_serves_all_images() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/a.png", listener.local_addr().unwrap());
    let _task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                let response = response("content-length: 67\r\n", PNG);
                stream.write_all(&response).await.unwrap();
            }
        }
    });
    assert_saved(vec![link; 3]).await;
}

/// A proxy that sends this response to every request, and counts them.
async fn proxy(response: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(response.as_bytes()).await;
        }
    });
    (port, requests)
}

/// Uses a proxy at this host.
fn by_proxy(host: &str, port: u16) -> Downloader {
    let proxy = reqwest::Proxy::all(format!("http://{host}:{port}")).unwrap();
    let builder = Downloader::builder().limits(LIMITS);
    builder
        .http_client(|http| http.proxy(proxy))
        .build()
        .unwrap()
}

#[tokio::test]
async fn private_url_is_rejected_with_a_proxy() {
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
            let error = error_of(&downloader, link.clone()).await;
            assert!(
                matches!(error, ImageError::InvalidUrl(_)),
                "{link}: {error:?}"
            );
        }
        assert_eq!(requests.swap(0, Ordering::Relaxed), 0);
        // The proxy itself may be there.
        let link = "http://162.159.128.233/a.png".to_owned();
        let error = error_of(&downloader, link).await;
        assert!(matches!(error, ImageError::Expired { .. }), "{error:?}");
        assert_eq!(requests.swap(0, Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn redirect_to_private_host_is_rejected() {
    let head = "HTTP/1.1 302 Found\r\nlocation: //10.0.0.1/b.png\r\ncontent-length: 0\r\n\
        connection: close\r\n\r\n";
    let (port, requests) = proxy(head.to_owned()).await;
    let link = "http://162.159.128.233/a.png".to_owned();
    let error = error_of(&by_proxy("127.0.0.1", port), link).await;
    let problem = "redirects to an address that points at 10.0.0.1, which is not a public address";
    assert_eq!(error, ImageError::InvalidUrl(problem.to_owned()));
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}
