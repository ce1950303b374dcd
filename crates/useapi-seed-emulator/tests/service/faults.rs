//! Faults on demand.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use useapi_seed_emulator::{Emulator, Fault, FaultError, Operation, Trigger};

use crate::caller::{client, fast, get, request, retrieve, start, url};

fn poll(emulator: &Emulator) -> RequestBuilder {
    let jobid = emulator.jobs().imagine.as_str();
    request(emulator, Method::GET, "/jobs/").query(&[("jobid", jobid)])
}

/// What the next poll is answered, if it meets this fault.
async fn polled(fault: Fault) -> Result<Response, reqwest::Error> {
    let emulator = Emulator::start().await.unwrap();
    emulator
        .inject(Operation::GetJob, Trigger::Next(1), fault.clone())
        .unwrap();
    let answer = poll(&emulator).send().await;
    // It was met once, and is written down.
    let [count] = &emulator.faults()[..] else {
        panic!("{:?}", emulator.faults());
    };
    assert_eq!((count.hits, &count.fault), (1, &fault));
    let [entry] = &emulator.journal()[..] else {
        panic!("{:?}", emulator.journal());
    };
    assert_eq!(entry.fault.as_ref(), Some(&fault));
    assert_eq!(poll(&emulator).send().await.unwrap().status(), 200);
    answer
}

#[tokio::test]
async fn a_status_comes_with_and_without_retry_after() {
    for retry_after in [None, Some("30"), Some("Sun, 25 Feb 2024 18:00:30 GMT")] {
        let fault = Fault::Status {
            status: 503,
            retry_after: retry_after.map(Into::into),
        };
        let answer = polled(fault).await.unwrap();
        assert_eq!(answer.status(), 503);
        let header = answer.headers().get("retry-after");
        assert_eq!(header.map(|value| value.to_str().unwrap()), retry_after);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], 503);
    }
}

#[tokio::test]
async fn a_page_comes_in_place_of_json() {
    let answer = polled(Fault::Html { status: 502 }).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(answer.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn an_answer_is_cut() {
    let answer = polled(Fault::TruncatedBody { bytes: 10 }).await.unwrap();
    assert!(answer.content_length().unwrap() > 10);
    assert!(answer.bytes().await.is_err());

    let emulator = Emulator::start().await.unwrap();
    emulator
        .inject(
            Operation::GetJob,
            Trigger::Next(1),
            Fault::TruncatedBody { bytes: 10 },
        )
        .unwrap();
    let mut answer = poll(&emulator).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), r#"{"jobid":""#);
    assert!(answer.chunk().await.is_err());
}

#[tokio::test]
async fn a_submission_is_lost_before_or_after_it_is_carried_out() {
    for (fault, executing) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        let emulator = Emulator::start().await.unwrap();
        emulator
            .inject(Operation::RetrieveSeed, Trigger::Next(1), fault)
            .unwrap();
        let body = json!({ "jobid": emulator.jobs().imagine });
        let call = request(&emulator, Method::POST, "/jobs/seed_async").json(&body);
        let error = call.send().await.unwrap_err();
        assert!(error.is_request() && !error.is_connect(), "{error:?}");
        let jobs = request(&emulator, Method::GET, "/jobs")
            .send()
            .await
            .unwrap();
        let jobs: Vec<String> = jobs.json().await.unwrap();
        assert_eq!(jobs.len(), executing);
        let entry = &emulator.journal()[0];
        assert_eq!((entry.status, entry.job.is_some()), (None, true));
    }
}

#[tokio::test]
async fn a_kept_connection_is_reset_as_the_next_request_comes() {
    let emulator = Emulator::builder()
        .fault(Operation::ListJobs, Trigger::Next(1), Fault::ResetOnReuse)
        .start()
        .await
        .unwrap();
    let address = emulator
        .base_url()
        .trim_start_matches("http://")
        .trim_end_matches("/v2");
    let call = format!(
        "GET /v2/jobs HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n",
        emulator.token()
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(call.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"[]") {
        let mut part = [0; 1024];
        let count = connection.read(&mut part).unwrap();
        assert!(count > 0);
        answer.extend_from_slice(&part[..count]);
    }
    // It is still open, and says nothing of closing.
    assert!(
        !String::from_utf8(answer)
            .unwrap()
            .contains("connection: close")
    );
    connection.write_all(call.as_bytes()).unwrap();
    let error = connection.read(&mut [0; 1024]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn answers_stall_and_dawdle() {
    let emulator = Emulator::start().await.unwrap();
    emulator
        .inject(
            Operation::ListJobs,
            Trigger::Next(1),
            Fault::Stall { bytes: 1 },
        )
        .unwrap();
    let hurried = Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(100));
    let call = hurried
        .build()
        .unwrap()
        .get(format!("{}/jobs", emulator.base_url()));
    let mut answer = call.bearer_auth(emulator.token()).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "[");
    assert!(answer.chunk().await.unwrap_err().is_timeout());

    // A body of two bytes, one at a time; and a whole one a little later.
    for fault in [
        Fault::Slow {
            bytes_per_second: 20,
        },
        Fault::Latency { milliseconds: 60 },
    ] {
        emulator
            .inject(Operation::ListJobs, Trigger::Next(1), fault)
            .unwrap();
        let begun = Instant::now();
        let answer = request(&emulator, Method::GET, "/jobs")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.text().await.unwrap(), "[]");
        assert!(begun.elapsed() >= Duration::from_millis(60));
    }
}

#[tokio::test]
async fn fields_are_unknown_doubled_and_retyped() {
    let added = |name: &str, value| Fault::ExtraField {
        name: name.into(),
        value,
    };
    let unknown = polled(added("news", json!(5))).await.unwrap();
    assert_eq!(unknown.json::<Value>().await.unwrap()["news"], 5);
    let doubled = polled(added("status", json!("odd"))).await.unwrap();
    let text = doubled.text().await.unwrap();
    assert_eq!(text.matches("\"status\":").count(), 2, "{text}");
    let retyped = Fault::ReplacedField {
        pointer: "/attachments/0/size".into(),
        value: json!("large"),
    };
    let retyped = polled(retyped).await.unwrap();
    let job: Value = retyped.json().await.unwrap();
    assert_eq!(job["attachments"][0]["size"], "large");
}

#[tokio::test]
async fn links_have_expired_and_pictures_are_truncated() {
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    emulator
        .inject(Operation::GetJob, Trigger::Next(1), Fault::ExpiredLinks)
        .unwrap();
    let stale: Value = poll(&emulator).send().await.unwrap().json().await.unwrap();
    let fetched = client()
        .get(url(&stale["attachments"][0]))
        .send()
        .await
        .unwrap();
    assert_eq!(fetched.status(), 404);

    emulator
        .inject(
            Operation::GetImage,
            Trigger::Next(1),
            Fault::ShortBody { bytes: 50 },
        )
        .unwrap();
    let link = url(&job["seed"]["attachments"][0]);
    let truncated = client().get(&link).send().await.unwrap();
    assert_eq!(truncated.status(), 200);
    assert_eq!(truncated.bytes().await.unwrap().len(), 50);
    let whole = client()
        .get(&link)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(whole.len(), job["seed"]["attachments"][0]["size"]);
}

#[tokio::test]
async fn a_fault_waits_for_an_answer_that_it_changes() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let jobid = start(&emulator, &emulator.jobs().imagine).await["jobid"].clone();
    let jobid = jobid.as_str().unwrap();
    let retyped = Fault::ReplacedField {
        pointer: "/seed/value".into(),
        value: json!("none"),
    };
    for fault in [retyped, Fault::ExpiredLinks] {
        emulator
            .inject(Operation::GetJob, Trigger::Next(1), fault)
            .unwrap();
    }
    // It has neither a seed nor a link yet.
    for _ in 0..2 {
        assert_eq!(get(&emulator, jobid).await.0, 200);
    }
    let used = |emulator: &Emulator| {
        emulator
            .faults()
            .iter()
            .map(|count| count.hits)
            .sum::<u64>()
    };
    assert_eq!(used(&emulator), 0);
    assert_eq!(emulator.journal()[1].fault, None);
    emulator.advance(Duration::from_secs(45));
    assert_eq!(get(&emulator, jobid).await.1["seed"]["value"], "none");
    get(&emulator, jobid).await;
    assert_eq!(used(&emulator), 2);
}

#[tokio::test]
async fn a_fault_that_waits_lets_others_change_the_answer() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let field = |pointer: &str, value| Fault::ReplacedField {
        pointer: pointer.into(),
        value,
    };
    for fault in [
        field("/seed/value", json!("none")),
        Fault::ResetBefore,
        // It has this value already.
        field("/code", json!(200)),
        field("/code", json!("200")),
    ] {
        emulator
            .inject(Operation::GetJob, Trigger::Next(1), fault)
            .unwrap();
    }
    let jobid = &emulator.jobs().imagine;
    assert_eq!(get(&emulator, jobid).await.1["code"], "200");
    assert_eq!(get(&emulator, jobid).await.1["code"], 200);
    let used: Vec<_> = emulator.faults().iter().map(|count| count.hits).collect();
    assert_eq!(used, [0, 0, 0, 1]);
}

#[tokio::test]
async fn errors_of_operations_without_fields_have_fields() {
    let emulator = Emulator::start().await.unwrap();
    let added = Fault::ExtraField {
        name: "news".into(),
        value: json!(5),
    };
    for (operation, method, path) in [
        (Operation::ListJobs, Method::GET, "/jobs"),
        (
            Operation::ResetAccount,
            Method::POST,
            "/account/midjourney/1114555266835431444/reset",
        ),
    ] {
        emulator
            .inject(operation, Trigger::Next(1), added.clone())
            .unwrap();
        let call = request(&emulator, method.clone(), path);
        let whole = call.send().await.unwrap().text().await.unwrap();
        assert!(!whole.contains("news"), "{whole}");
        let stranger = client().request(method, format!("{}{path}", emulator.base_url()));
        let error: Value = stranger.send().await.unwrap().json().await.unwrap();
        assert_eq!((&error["code"], &error["news"]), (&json!(401), &json!(5)));
    }
}

#[tokio::test]
async fn a_fault_of_a_picture_waits_for_more_than_its_head() {
    let emulator = fast().await;
    let job = retrieve(&emulator, &emulator.jobs().imagine).await;
    let link = url(&job["seed"]["attachments"][0]);
    emulator
        .inject(
            Operation::GetImage,
            Trigger::Next(1),
            Fault::ShortBody { bytes: 5 },
        )
        .unwrap();
    let head = client().head(&link).send().await.unwrap();
    let size = head.headers()["content-length"].to_str().unwrap();
    assert_eq!(size, job["seed"]["attachments"][0]["size"].to_string());
    let picture = client().get(&link).send().await.unwrap();
    assert_eq!(picture.bytes().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_fault_that_could_do_nothing_is_refused() {
    let emulator = Emulator::start().await.unwrap();
    let injected = emulator.inject(Operation::GetJob, Trigger::Next(1), Fault::Duplicated);
    assert!(matches!(injected, Err(FaultError::Unsuitable { .. })));
    assert_eq!(emulator.faults(), []);
    let builder = Emulator::builder().fault(Operation::GetJob, Trigger::Next(1), Fault::status(99));
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.to_string(), "a status is between 200 and 999, not 99");
}

#[tokio::test]
async fn faults_are_bounded() {
    let emulator = Emulator::start().await.unwrap();
    let inject = |value: String| {
        let fault = Fault::ExtraField {
            name: "unknown".into(),
            value: value.into(),
        };
        emulator.inject(Operation::GetJob, Trigger::Next(1), fault)
    };
    assert_eq!(inject("x".repeat(1024 * 1024)), Err(FaultError::Full));
    for _ in 0..1000 {
        assert_eq!(inject(String::new()), Ok(()));
    }
    let error = inject(String::new()).unwrap_err().to_string();
    assert!(error.contains("1000 are kept, of 1048576 bytes"), "{error}");
    // A call meets one, which makes room.
    poll(&emulator).send().await.unwrap();
    assert_eq!(inject(String::new()), Ok(()));
    assert_eq!(emulator.faults().len(), 1000);
}

#[tokio::test]
async fn faults_can_be_forgotten() {
    let emulator = Emulator::start().await.unwrap();
    let always = Trigger::Probability {
        probability: 1.0,
        seed: 1,
    };
    emulator
        .inject(Operation::GetJob, always, Fault::status(500))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(poll(&emulator).send().await.unwrap().status(), 500);
    }
    assert_eq!(emulator.faults()[0].hits, 3);
    emulator.clear_faults();
    assert_eq!(poll(&emulator).send().await.unwrap().status(), 200);
    // Another operation never met it.
    start(&emulator, &emulator.jobs().imagine).await;
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_undo_its_call() {
    let emulator = Emulator::start().await.unwrap();
    let late = Fault::Latency { milliseconds: 150 };
    emulator
        .inject(Operation::RetrieveSeed, Trigger::Next(1), late)
        .unwrap();
    let hurried = Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(50));
    let url = format!("{}/jobs/seed_async", emulator.base_url());
    let call = hurried
        .build()
        .unwrap()
        .post(url)
        .bearer_auth(emulator.token());
    let call = call.json(&json!({ "jobid": emulator.jobs().imagine }));
    assert!(call.send().await.unwrap_err().is_timeout());
    while emulator.journal().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(emulator.journal()[0].status, Some(200));
    assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
}

/// A submission on a connection of its own.
fn submitted(emulator: &Emulator) -> TcpStream {
    let address = emulator.base_url().trim_start_matches("http://");
    let address = address.trim_end_matches("/v2");
    let body = json!({ "jobid": emulator.jobs().imagine }).to_string();
    let head = format!(
        "POST /v2/jobs/seed_async HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        emulator.token(),
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all((head + &body).as_bytes()).unwrap();
    stream
}

#[tokio::test]
async fn late_call_outlives_its_sender() {
    const DELAY: Duration = Duration::from_millis(150);
    for is_reset in [false, true] {
        let emulator = Emulator::start().await.unwrap();
        emulator
            .inject(
                Operation::RetrieveSeed,
                Trigger::Next(1),
                Fault::late(DELAY),
            )
            .unwrap();
        let sent = Instant::now();
        let stream = submitted(&emulator);
        if is_reset {
            stream.set_nonblocking(true).unwrap();
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            stream.set_zero_linger().unwrap();
        } else {
            drop(stream);
        }
        while emulator.job_counts().is_empty() {
            assert!(
                sent.elapsed() < Duration::from_secs(15),
                "it is not started"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(sent.elapsed() >= DELAY, "{:?}", sent.elapsed());
        assert_eq!(emulator.faults()[0].hits, 1);
        assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
    }
}

#[tokio::test]
async fn late_call_answers_a_sender_that_waits() {
    let emulator = Emulator::start().await.unwrap();
    let late = Fault::late(Duration::from_millis(60));
    emulator
        .inject(Operation::RetrieveSeed, Trigger::Next(1), late)
        .unwrap();
    let sent = Instant::now();
    start(&emulator, &emulator.jobs().imagine).await;
    assert!(sent.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_token_at_the_image_host_is_counted_through_a_fault() {
    let emulator = Emulator::builder()
        .fault(Operation::GetImage, Trigger::Next(1), Fault::status(503))
        .start()
        .await
        .unwrap();
    let call = client().get(emulator.image_base_url());
    let answer = call.bearer_auth(emulator.token()).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(emulator.leaked_token_requests(), 1);
}
