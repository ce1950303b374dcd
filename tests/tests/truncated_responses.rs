//! A submission whose connection breaks at any byte: no job is started twice, and
//! none is lost silently.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use useapi_seed::{Client, RequestStatus, SubmitOutcome};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::no_retry;

/// Where the first connection ends.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// After this many bytes of the request have been forwarded.
    Request(usize),
    /// After this many bytes of the response of the service.
    Response(usize),
}

/// A proxy in front of the emulator that cuts the next connection.
struct Proxy {
    base_url: String,
    next: Arc<Mutex<Option<Cut>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    async fn start(emulator: &Emulator) -> Self {
        let upstream = address(emulator);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let next = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&next);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let cut = shared.lock().unwrap().take();
                let upstream = TcpStream::connect(upstream).await.unwrap();
                tokio::spawn(forward(client, upstream, cut));
            }
        });
        Self {
            base_url,
            next,
            task,
        }
    }
}

fn address(emulator: &Emulator) -> SocketAddr {
    let address = emulator.base_url().trim_start_matches("http://");
    address.trim_end_matches("/v2").parse().unwrap()
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut client: TcpStream, mut upstream: TcpStream, cut: Option<Cut>) {
    match cut {
        None => {
            let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
        }
        Some(Cut::Request(bytes)) => {
            let mut start = client.take(bytes as u64);
            let _ = tokio::io::copy(&mut start, &mut upstream).await;
        }
        Some(Cut::Response(bytes)) => {
            let (mut response, mut to_upstream) = upstream.split();
            let (mut request, mut to_client) = client.split();
            let mut start = (&mut response).take(bytes as u64);
            let forwarded = async {
                let _ = tokio::io::copy(&mut start, &mut to_client).await;
                let _ = to_client.flush().await;
                if bytes == 0 {
                    // The connection ends once there is a response.
                    let _ = start.into_inner().readable().await;
                }
            };
            tokio::select! {
                () = forwarded => {}
                _ = tokio::io::copy(&mut request, &mut to_upstream) => {}
            }
        }
    }
}

fn started(emulator: &Emulator) -> u64 {
    let counts = emulator.job_counts();
    let counts = counts.get(&emulator.jobs().imagine);
    counts.map_or(0, |counts| counts.started)
}

/// How many bytes request and response have.
async fn lengths() -> (usize, usize) {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v2", front.local_addr().unwrap());
    let builder = Client::builder(emulator.token()).base_url(base_url);
    let client = builder.retry(no_retry()).build().unwrap();
    let submit = client.submit(&emulator.jobs().imagine).send_once();
    let counted = async {
        let (mut downstream, _) = front.accept().await.unwrap();
        let mut upstream = TcpStream::connect(address(&emulator)).await.unwrap();
        let mut bytes = [0; 8192];
        let mut request = 0;
        // The head and the body may come apart.
        loop {
            let more =
                tokio::time::timeout(Duration::from_millis(200), downstream.read(&mut bytes));
            let Ok(Ok(count)) = more.await else { break };
            let read = bytes.get(..count).unwrap();
            upstream.write_all(read).await.unwrap();
            request += count;
        }
        let response = upstream.read(&mut bytes).await.unwrap();
        let read = bytes.get(..response).unwrap();
        downstream.write_all(read).await.unwrap();
        (request, response)
    };
    let (outcome, lengths) = tokio::join!(submit, counted);
    outcome.unwrap();
    lengths
}

#[tokio::test]
async fn cut_at_any_byte_starts_no_second_job() {
    let (request, response) = lengths().await;
    assert!(request > 200 && response > 200, "{request}, {response}");
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let parent = emulator.jobs().imagine.as_str();
    let proxy = Proxy::start(&emulator).await;
    let client = Client::builder(emulator.token())
        .base_url(&proxy.base_url)
        .retry(no_retry())
        // A connection for each request, so that the first is the submission's.
        .http_client(|http| http.pool_max_idle_per_host(0))
        .build()
        .unwrap();
    let requests = (0..=request).map(Cut::Request);
    let cuts = requests.chain((0..=response).map(Cut::Response));
    let (mut found, mut unknown) = (0, 0);
    for cut in cuts {
        *proxy.next.lock().unwrap() = Some(cut);
        let before = started(&emulator);
        let outcome = client.submit(parent).await;
        if matches!(cut, Cut::Request(bytes) if bytes == request) {
            // A complete request is processed, sooner or later.
            while started(&emulator) == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let executing = client.executing_jobs().await.unwrap().ids.unwrap();
        let started = started(&emulator) - before;
        match outcome {
            Ok(SubmitOutcome::Started(job)) => {
                assert_eq!(started, 1, "{cut:?}");
                assert_eq!(executing, [job.id()], "{cut:?}");
                found += 1;
            }
            Ok(other) => panic!("{cut:?}: {other:?}"),
            Err(error) => {
                let line = error.to_string();
                assert!(started <= 1, "{cut:?}: started {started} times");
                let request_status = error.request_status();
                assert_eq!(request_status, RequestStatus::MayHaveBeenSent, "{cut:?}");
                assert!(line.contains("may have been sent"), "{cut:?}: {line}");
                assert!(line.contains(parent), "{cut:?}: {line}");
                assert_eq!(error.parent_job_id(), Some(parent));
                unknown += 1;
            }
        }
        for id in executing {
            client.job(id).cancel().await.unwrap();
        }
    }
    // A job whose response was sent is always found, wherever it was cut.
    assert!(found > response, "{found} of {response}, {unknown} unknown");
    assert!(unknown > request / 2, "{unknown} of {request}");
}
