//! A submission whose connection breaks, wherever it breaks: no job is started
//! twice, and none is lost without a word.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use useapi_seed::{Client, RequestStatus, RetryPolicy, SubmitOutcome};
use useapi_seed_emulator::{Emulator, Fault, Operation, When};
use useapi_seed_tests::{Response, Stub, once};

/// Where the first connection ends.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// After so many bytes of the request have been passed on.
    Request(usize),
    /// After so many bytes of the answer, which the service has given.
    Answer(usize),
}

/// Stands before the emulator, and cuts the next connection where it is told to.
struct Cutter {
    base_url: String,
    next: Arc<Mutex<Option<Cut>>>,
    task: JoinHandle<()>,
}

impl Cutter {
    async fn start(emulator: &Emulator) -> Self {
        let behind = address(emulator);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let next = Arc::new(Mutex::new(None));
        let told = Arc::clone(&next);
        let task = tokio::spawn(async move {
            while let Ok((before, _)) = listener.accept().await {
                let cut = told.lock().unwrap().take();
                let behind = TcpStream::connect(behind).await.unwrap();
                tokio::spawn(pass(before, behind, cut));
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

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut before: TcpStream, mut behind: TcpStream, cut: Option<Cut>) {
    match cut {
        None => {
            let _ = tokio::io::copy_bidirectional(&mut before, &mut behind).await;
        }
        Some(Cut::Request(bytes)) => {
            let mut start = before.take(bytes as u64);
            let _ = tokio::io::copy(&mut start, &mut behind).await;
        }
        Some(Cut::Answer(bytes)) => {
            let (mut answer, mut ask) = behind.split();
            let (mut request, mut back) = before.split();
            let mut start = (&mut answer).take(bytes as u64);
            let passed = async {
                // The answer is there before the connection ends.
                let _ = tokio::io::copy(&mut start, &mut back).await;
                let _ = back.flush().await;
                if bytes == 0 {
                    let _ = start.into_inner().readable().await;
                }
            };
            tokio::select! {
                () = passed => {}
                _ = tokio::io::copy(&mut request, &mut ask) => {}
            }
        }
    }
}

fn client(emulator: &Emulator, base_url: &str) -> Client {
    let builder = Client::builder(emulator.token()).base_url(base_url);
    let builder = builder.retry(once()).settle_margin(Duration::ZERO);
    builder.build().unwrap()
}

/// What is sent is settled after that.
const SOON: Duration = Duration::from_millis(400);

fn started(emulator: &Emulator) -> u64 {
    let counts = emulator.job_counts();
    counts
        .get(&emulator.jobs().imagine)
        .map_or(0, |counts| counts.started)
}

/// How many bytes request and answer have.
async fn lengths() -> (usize, usize) {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v2", front.local_addr().unwrap());
    let client = client(&emulator, &base_url);
    let submit = client.submit(&emulator.jobs().imagine).send();
    let counted = async {
        let (mut before, _) = front.accept().await.unwrap();
        let mut behind = TcpStream::connect(address(&emulator)).await.unwrap();
        let mut bytes = [0; 8192];
        let mut request = 0;
        // The head and the body may come apart.
        loop {
            let more = tokio::time::timeout(Duration::from_millis(200), before.read(&mut bytes));
            let Ok(Ok(count)) = more.await else { break };
            behind.write_all(bytes.get(..count).unwrap()).await.unwrap();
            request += count;
        }
        let answer = behind.read(&mut bytes).await.unwrap();
        before
            .write_all(bytes.get(..answer).unwrap())
            .await
            .unwrap();
        (request, answer)
    };
    let (outcome, lengths) = tokio::join!(submit, counted);
    outcome.unwrap();
    lengths
}

#[tokio::test]
async fn a_cut_at_any_byte_starts_no_second_job_and_loses_none_silently() {
    let (request, answer) = lengths().await;
    assert!(request > 200 && answer > 200, "{request}, {answer}");
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let parent = emulator.jobs().imagine.as_str();
    let cutter = Cutter::start(&emulator).await;
    let client = Client::builder(emulator.token())
        .base_url(&cutter.base_url)
        .retry(once())
        // A connection for each request, so that the first is the submission's.
        .http_client(|http| http.pool_max_idle_per_host(0))
        .build()
        .unwrap();
    let requests = (0..=request).map(Cut::Request);
    let cuts = requests.chain((0..=answer).map(Cut::Answer));
    let (mut found, mut unknown) = (0, 0);
    for cut in cuts {
        *cutter.next.lock().unwrap() = Some(cut);
        let before = started(&emulator);
        let outcome = client.submit(parent).send().await;
        if matches!(cut, Cut::Request(bytes) if bytes == request) {
            // What came whole is carried out, sooner or later.
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
                assert_eq!(
                    error.request_status(),
                    RequestStatus::MayHaveBeenSent,
                    "{cut:?}"
                );
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
    // An answer that was given is always found, wherever it was cut.
    assert!(found > answer, "{found} of {answer}, {unknown} unknown");
    assert!(unknown > request / 2, "{unknown} of {request}");
}

#[tokio::test]
async fn a_lost_answer_is_made_up_for_by_the_job_that_was_started() {
    for fault in [
        Fault::ResetAfter,
        Fault::Cut { bytes: 0 },
        Fault::Cut { bytes: 40 },
        Fault::Cut { bytes: 300 },
    ] {
        let emulator = Emulator::builder().stopped().start().await.unwrap();
        let when = When::Next(1);
        emulator
            .inject(Operation::RetrieveSeed, when, fault.clone())
            .unwrap();
        let client = client(&emulator, emulator.base_url());
        match client.submit(&emulator.jobs().imagine).send().await {
            Ok(SubmitOutcome::Started(job)) => {
                emulator.advance(Duration::from_secs(60));
                job.wait().await.unwrap();
            }
            other => panic!("{fault:?}: {other:?}"),
        }
        assert_eq!(started(&emulator), 1);
    }
}

#[tokio::test]
async fn a_time_out_is_made_up_for_once_the_service_has_carried_it_out() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let late = Fault::Latency { milliseconds: 400 };
    emulator
        .inject(Operation::RetrieveSeed, When::Next(1), late)
        .unwrap();
    let pause = Duration::from_millis(300);
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(RetryPolicy::disabled().initial_backoff(pause))
        .build()
        .unwrap();
    // Its picture is painted at the first look, which takes a while.
    let look = client.job(&emulator.jobs().imagine).poll().await;
    assert!(look.is_err(), "it has no seed yet");
    let submit = client.submit(&emulator.jobs().imagine);
    let submit = submit.request_timeout(Duration::from_millis(200));
    let outcome = submit.send().await;
    assert!(
        matches!(outcome, Ok(SubmitOutcome::Started(_))),
        "{outcome:?}"
    );
    assert_eq!(started(&emulator), 1);
}

#[tokio::test]
async fn it_is_submitted_again_only_where_that_was_wanted() {
    for resubmit in [false, true] {
        let emulator = Emulator::builder()
            .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetBefore)
            .stopped()
            .start()
            .await
            .unwrap();
        let client = client(&emulator, emulator.base_url());
        paint(&emulator, &client).await;
        let submit = client.submit(&emulator.jobs().imagine);
        let submit = submit.request_timeout(SOON).resubmit(resubmit);
        let outcome = submit.send().await;
        if resubmit {
            assert!(matches!(outcome, Ok(SubmitOutcome::Started(_))));
        } else {
            let error = outcome.unwrap_err();
            let line = error.to_string();
            assert!(line.contains("may have been sent"), "{line}");
            assert!(line.contains("looked 3 times for a job"), "{line}");
            assert!(!error.is_retryable());
        }
        assert_eq!(started(&emulator), u64::from(resubmit));
    }
}

/// As a gateway that delivers it when its sender has stopped waiting.
async fn late(margin: Duration) -> (Emulator, Client) {
    let emulator = Emulator::builder()
        .fault(
            Operation::RetrieveSeed,
            When::Next(1),
            Fault::late(3 * SOON),
        )
        .stopped()
        .start()
        .await
        .unwrap();
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(once())
        .settle_margin(margin)
        .build()
        .unwrap();
    paint(&emulator, &client).await;
    (emulator, client)
}

/// Lets the emulator make the image of a job now, and not while a search waits
/// for it.
async fn paint(emulator: &Emulator, client: &Client) {
    let parent = client.job(&emulator.jobs().imagine);
    assert!(parent.poll().await.is_err(), "it has no seed yet");
}

#[tokio::test]
async fn resubmit_waits_until_the_first_is_settled() {
    let (emulator, client) = late(60 * SOON).await;
    let submit = client.submit(&emulator.jobs().imagine);
    let outcome = submit.request_timeout(SOON).resubmit(true).send().await;
    let Ok(SubmitOutcome::Started(job)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        client.executing_jobs().await.unwrap().ids.unwrap(),
        [job.id()]
    );
    assert_eq!(started(&emulator), 1);
}

#[tokio::test]
async fn without_time_to_settle_nothing_is_resubmitted() {
    let (emulator, client) = late(60 * SOON).await;
    let submit = client.submit(&emulator.jobs().imagine);
    let submit = submit.request_timeout(SOON).timeout(2 * SOON);
    let error = submit.resubmit(true).send().await.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert!(error.settles_in() > Some(30 * SOON), "{error}");
    while started(&emulator) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let found = client
        .find_seed_job(&emulator.jobs().imagine)
        .await
        .unwrap();
    assert!(
        matches!(found, Some(SubmitOutcome::Started(_))),
        "{found:?}"
    );
    assert_eq!(started(&emulator), 1);
}

/// What the option says: the first one comes through as well.
#[tokio::test]
async fn resubmit_unsettled_risks_a_second_job() {
    let (emulator, client) = late(60 * SOON).await;
    let submit = client.submit(&emulator.jobs().imagine);
    let submit = submit.request_timeout(SOON).resubmit_unsettled();
    let outcome = submit.send().await;
    assert!(
        matches!(outcome, Ok(SubmitOutcome::Started(_))),
        "{outcome:?}"
    );
    while started(&emulator) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_empty_reference_is_an_absent_one() {
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetAfter)
        .stopped()
        .start()
        .await
        .unwrap();
    let client = client(&emulator, emulator.base_url());
    let submit = client.submit(&emulator.jobs().imagine).reply_ref("");
    let outcome = submit.send().await;
    assert!(
        matches!(outcome, Ok(SubmitOutcome::Started(_))),
        "{outcome:?}"
    );
    let found = client.find_seed_job(&emulator.jobs().imagine).reply_ref("");
    assert!(matches!(found.await, Ok(Some(SubmitOutcome::Started(_)))));
    let submit = client.submit(&emulator.jobs().button);
    let submit = submit.reply_url("").discord("").send().await;
    assert!(
        matches!(submit, Ok(SubmitOutcome::Started(_))),
        "{submit:?}"
    );
}

#[tokio::test]
async fn a_second_submission_that_fails_does_not_hide_the_first() {
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetBefore)
        .fault(Operation::RetrieveSeed, When::Next(1), Fault::status(429))
        .stopped()
        .start()
        .await
        .unwrap();
    let client = client(&emulator, emulator.base_url());
    paint(&emulator, &client).await;
    let submit = client.submit(&emulator.jobs().imagine);
    let submit = submit.request_timeout(SOON).resubmit(true);
    let error = submit.send().await.unwrap_err();
    assert!(
        error.may_have_been_sent() && !error.is_too_many_jobs(),
        "{error}"
    );
}

#[tokio::test]
async fn a_job_that_cannot_be_asked_hides_none_of_the_others() {
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetAfter)
        .stopped()
        .start()
        .await
        .unwrap();
    let client = client(&emulator, emulator.base_url());
    let other = client.submit(&emulator.jobs().button).send().await;
    // The first fault was this one's.
    assert!(matches!(other, Ok(SubmitOutcome::Started(_))), "{other:?}");
    let mine = client.submit(&emulator.jobs().imagine).send().await;
    assert!(matches!(mine, Ok(SubmitOutcome::Started(_))), "{mine:?}");
    // The other one is asked first, and cannot be.
    emulator
        .inject(Operation::GetJob, When::Next(1), Fault::status(500))
        .unwrap();
    let found = client.find_seed_job(&emulator.jobs().imagine).await;
    assert!(
        matches!(found, Ok(Some(SubmitOutcome::Started(_)))),
        "{found:?}"
    );
}

#[tokio::test]
async fn where_it_cannot_be_looked_for_that_is_said() {
    let emulator = Emulator::builder()
        .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetAfter)
        .fault(
            Operation::ListJobs,
            When::Next(100),
            Fault::Html { status: 404 },
        )
        .stopped()
        .start()
        .await
        .unwrap();
    let client = client(&emulator, emulator.base_url());
    paint(&emulator, &client).await;
    let submit = client.submit(&emulator.jobs().imagine);
    let submit = submit.request_timeout(SOON).timeout(2 * SOON);
    let line = submit.resubmit(true).send().await.unwrap_err();
    let line = line.to_string();
    assert!(line.contains("may have been sent"), "{line}");
    assert!(
        line.contains("could not be looked for: unexpected"),
        "{line}"
    );
    assert_eq!(started(&emulator), 1);
}

#[tokio::test]
async fn another_process_finds_what_was_started() {
    let emulator = Emulator::builder().stopped().start().await.unwrap();
    let client = client(&emulator, emulator.base_url());
    let parent = emulator.jobs().imagine.as_str();
    assert!(client.find_seed_job(parent).await.unwrap().is_none());
    let submit = client.submit(parent).reply_ref("order-17");
    let Ok(SubmitOutcome::Started(job)) = submit.send().await else {
        panic!("not started");
    };
    // Another job's, which is not meant.
    let other = client.submit(&emulator.jobs().button);
    assert!(matches!(other.send().await, Ok(SubmitOutcome::Started(_))));
    match client.find_seed_job(parent).await.unwrap() {
        Some(SubmitOutcome::Started(found)) => assert_eq!(found.id(), job.id()),
        other => panic!("{other:?}"),
    }
    let of_another_order = client.find_seed_job(parent).reply_ref("order-18");
    assert!(of_another_order.await.unwrap().is_none());
    emulator.advance(Duration::from_secs(60));
    assert!(matches!(
        client.find_seed_job(parent).await.unwrap(),
        Some(SubmitOutcome::AlreadyRetrieved(_))
    ));
    let error = client.find_seed_job("no-such-job").await.unwrap_err();
    assert!(error.is_not_found());
}

/// A search that cannot tell whose a running job is has found out nothing.
#[tokio::test]
async fn a_job_of_unknown_parent_prevents_a_resubmission() {
    for job in [
        Response::json(
            200,
            r#"{"jobid":"9","verb":"seed_async","status":"started"}"#,
        ),
        Response::json(404, r#"{"error":"Unable to locate job 9","code":404}"#),
    ] {
        let stub = Stub::start(move |request| {
            let line = &request.line;
            if line.starts_with("POST") {
                Response::new(502, "text/html", "<html>")
            } else if line.contains("jobid=9") {
                job.clone()
            } else if line.contains("jobid=") {
                Response::json(200, r#"{"verb":"imagine","status":"completed"}"#)
            } else {
                Response::json(200, r#"["9"]"#)
            }
        })
        .await;
        let client = Client::builder("a-token")
            .base_url(stub.base_url())
            .retry(once())
            .settle_margin(Duration::ZERO)
            .build()
            .unwrap();
        let submit = client.submit("1").request_timeout(SOON / 4).timeout(SOON);
        let error = submit.resubmit(true).send().await.unwrap_err();
        assert!(error.may_have_been_sent(), "{error}");
        let requests = stub.requests().into_iter();
        let posts = requests.filter(|request| request.line.starts_with("POST"));
        assert_eq!(posts.count(), 1);
    }
}

/// Something in between that sends the request back has started nothing.
#[tokio::test]
async fn an_echo_of_the_request_is_no_started_job() {
    for echo in [r#"{"jobid":"1"}"#, r#"{"status":"failed"}"#] {
        let stub = Stub::start(move |request| {
            if request.line.starts_with("POST") {
                Response::json(200, echo)
            } else if request.line.contains("jobid=") {
                Response::json(200, r#"{"verb":"imagine","status":"completed"}"#)
            } else {
                Response::json(200, "[]")
            }
        })
        .await;
        let builder = Client::builder("a-token").base_url(stub.base_url());
        let client = builder.retry(once()).build().unwrap();
        let error = client.submit("1").send().await.unwrap_err();
        assert!(error.may_have_been_sent(), "{echo}: {error}");
    }
}
