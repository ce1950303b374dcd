//! A submission whose connection breaks at any byte: no job is started twice, and
//! none is lost silently.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use useapi_seed::{RequestStatus, SubmitOutcome};
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::{Harness, started, wait_until};

/// Where a connection ends.
#[derive(Clone, Copy, Debug)]
enum CutPoint {
    /// After this many bytes of the request have been forwarded.
    Request(u64),
    /// After this many bytes of the response of the service.
    Response(u64),
}

/// A proxy in front of the emulator that interrupts the next connection.
struct TruncatingProxy {
    base_url: String,
    next: Arc<Mutex<Option<CutPoint>>>,
    /// How many bytes request and response of an intact connection have had.
    lengths: Arc<Mutex<Option<(u64, u64)>>>,
    task: JoinHandle<()>,
}

impl TruncatingProxy {
    async fn start(emulator: &Emulator) -> Self {
        let upstream = emulator.base_url().trim_start_matches("http://");
        let upstream = upstream.trim_end_matches("/v2").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let (next, lengths) = (Arc::default(), Arc::default());
        let shared = (Arc::clone(&next), Arc::clone(&lengths));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let point = shared.0.lock().unwrap().take();
                let upstream = TcpStream::connect(&upstream).await.unwrap();
                let lengths = Arc::clone(&shared.1);
                tokio::spawn(async move {
                    let counts = forward(client, upstream, point).await;
                    *lengths.lock().unwrap() = counts;
                });
            }
        });
        Self {
            base_url,
            next,
            lengths,
            task,
        }
    }
}

impl Drop for TruncatingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns the number of bytes in each direction if the connection is intact.
async fn forward(
    mut client: TcpStream,
    mut upstream: TcpStream,
    point: Option<CutPoint>,
) -> Option<(u64, u64)> {
    match point {
        None => {
            let counts = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
            return counts.ok();
        }
        Some(CutPoint::Request(bytes)) => {
            let mut start = client.take(bytes);
            let _ = tokio::io::copy(&mut start, &mut upstream).await;
        }
        Some(CutPoint::Response(bytes)) => {
            let (mut response, mut to_upstream) = upstream.split();
            let (mut request, mut to_client) = client.split();
            let mut start = (&mut response).take(bytes);
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
    None
}

#[tokio::test]
async fn interruption_at_any_byte_starts_no_second_job() {
    let harness = Harness::paused().await;
    let parent = harness.parent();
    let proxy = TruncatingProxy::start(&harness.emulator).await;
    // A connection for each request, so that the first is the submission's.
    let client = harness.client_with(|builder| {
        let builder = builder.base_url(&proxy.base_url);
        builder.http_client(|http| http.pool_max_idle_per_host(0))
    });
    let job = started(client.submit(parent).send_once().await);
    wait_until(|| proxy.lengths.lock().unwrap().is_some()).await;
    let (request, response) = proxy.lengths.lock().unwrap().unwrap();
    assert!(request > 200 && response > 200, "{request}, {response}");
    job.cancel().await.unwrap();
    let requests = (0..=request).map(CutPoint::Request);
    let points = requests.chain((0..=response).map(CutPoint::Response));
    let (mut found, mut unknown) = (0, 0);
    for point in points {
        *proxy.next.lock().unwrap() = Some(point);
        let before = harness.started();
        let outcome = client.submit(parent).await;
        if matches!(point, CutPoint::Request(bytes) if bytes == request) {
            // A complete request is processed, sooner or later.
            wait_until(|| harness.started() > before).await;
        }
        let executing = client.executing_jobs().await.unwrap().ids.unwrap();
        let count = harness.started() - before;
        match outcome {
            Ok(SubmitOutcome::Started(job)) => {
                assert_eq!(count, 1, "{point:?}");
                assert_eq!(executing, [job.id()], "{point:?}");
                found += 1;
            }
            Ok(other) => panic!("{point:?}: {other:?}"),
            Err(error) => {
                let line = error.to_string();
                assert!(count <= 1, "{point:?}: started {count} times");
                let request_status = error.request_status();
                assert_eq!(request_status, RequestStatus::MayHaveBeenSent, "{point:?}");
                assert!(line.contains("may have been sent"), "{point:?}: {line}");
                assert!(line.contains(parent), "{point:?}: {line}");
                assert_eq!(error.parent_job_id(), Some(parent));
                unknown += 1;
            }
        }
        for id in executing {
            client.job(id).cancel().await.unwrap();
        }
    }
    // A job whose response was sent is always found, wherever it was truncated.
    assert!(found > response, "{found} of {response}, {unknown} unknown");
    assert!(unknown > request / 2, "{unknown} of {request}");
}
