//! Several who want the same job, early and late ones, and those who give up.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use useapi_seed::{Client, SubmitOutcome};
use useapi_seed_callback::{Event, Key, Receiver};
use useapi_seed_tests::{Response, Stub, no_retry, poll_every};

use crate::{NEVER, Setting, claim, eventually};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn two_waits_for_a_job_both_end_at_once() {
    let mut setting = Setting::new().await;
    let job = setting.started(None).await;
    let wait = || {
        setting
            .receiver
            .wait(job.wait().with_options(poll_every(NEVER).timeout(NEVER)))
    };
    let waits = [tokio::spawn(wait()), tokio::spawn(wait())];
    setting.emulator.advance(Duration::from_secs(120));
    for wait in waits {
        timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    }
    // Whoever waited has it: it is no news.
    setting
        .call(&setting.reply_url(), &claim(job.id(), "completed"))
        .await;
    assert!(
        timeout(Duration::from_millis(100), setting.events.next())
            .await
            .is_err()
    );
}

/// Between the submission and the wait.
#[tokio::test]
async fn a_callback_before_the_wait_takes_nothing_from_it() {
    let mut setting = Setting::new().await;
    let job = setting.started(None).await;
    let url = setting.reply_url();
    for number in 0..3 {
        setting
            .call(&url, &claim(&format!("no-job-{number}"), "progress"))
            .await;
    }
    setting.call(&url, &claim(job.id(), "progress")).await;
    let wait = setting
        .receiver
        .wait(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    let wait = tokio::spawn(wait);
    tokio::time::sleep(Duration::from_millis(100)).await;
    setting.emulator.advance(Duration::from_secs(120));
    timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    assert!(
        timeout(Duration::from_millis(100), setting.events.next())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_job_is_followed_and_waited_for_at_the_same_time() {
    let mut setting = Setting::new().await;
    let job = setting.started(None).await;
    let interval = Duration::from_millis(50);
    setting
        .receiver
        .follow(job.wait().with_options(poll_every(interval).timeout(NEVER)));
    drop(setting.receiver.wait(job.wait()));
    setting.emulator.advance(Duration::from_secs(120));
    let end = async {
        loop {
            match setting.events.next().await {
                Some(event) if event.is_end() => break event,
                Some(_) => {}
                None => panic!("the receiver is there"),
            }
        }
    };
    let end = timeout(SOON, end).await.unwrap();
    assert!(matches!(end, Event::Finished(_)), "{end:?}");
}

/// What could not be asked for has not ended.
#[tokio::test]
async fn after_a_wait_that_failed_the_end_is_still_news() {
    let works = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let switch = std::sync::Arc::clone(&works);
    let api = Stub::start(move |_| {
        if !switch.load(std::sync::atomic::Ordering::SeqCst) {
            return Response::new(502, "text/html", "<html>");
        }
        let job = json!({
            "jobid": "a-job", "verb": "seed_async", "status": "completed",
            "parentJobId": "a-parent",
            "seed": { "value": 7, "attachments": vec![json!({"url": "http://a/"}); 4] },
        });
        Response::json(200, job.to_string())
    })
    .await;
    let client = Client::builder("a-token")
        .base_url(api.base_url())
        .retry(no_retry());
    let client = client.build().unwrap();
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    let (receiver, mut events) = builder.build().unwrap();
    let job = client.job("a-job");
    let wait = || {
        job.wait()
            .with_options(poll_every(Duration::from_millis(1)).max_poll_errors(2))
    };
    receiver.wait(wait()).await.unwrap_err();
    receiver.follow(wait());
    let failed = timeout(SOON, events.next()).await.unwrap();
    assert!(matches!(failed, Some(Event::Failed { .. })), "{failed:?}");

    works.store(true, std::sync::atomic::Ordering::SeqCst);
    let url = receiver.reply_url("a-parent", None).unwrap();
    let path = url::Url::parse(&url).unwrap().path().to_owned();
    let body = claim("a-job", "completed").to_string();
    receiver.receive(&path, body.as_bytes()).unwrap();
    let finished = timeout(SOON, events.next()).await.unwrap();
    assert!(matches!(finished, Some(Event::Finished(_))), "{finished:?}");
    // Whoever waits now has it from what was kept, and nobody hears it twice.
    assert_eq!(receiver.wait(wait()).await.unwrap().seed(), 7);
    receiver.receive(&path, body.as_bytes()).unwrap();
    assert!(
        timeout(Duration::from_millis(100), events.next())
            .await
            .is_err()
    );
}

/// A job of which the submission's response gives an empty `parentJobId`.
#[tokio::test]
async fn empty_parent_is_the_same_as_none() {
    let api = Stub::start(|request| {
        let status = if request.target().ends_with("seed_async") {
            "started"
        } else {
            "cancelled"
        };
        let job = json!({ "jobid": "a-job", "status": status, "parentJobId": "" });
        Response::json(200, job.to_string())
    })
    .await;
    let client = Client::builder("a-token").base_url(api.base_url());
    let client = client.build().unwrap();
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    let (receiver, mut events) = builder.build().unwrap();
    let submitted = client.submit("a-parent").await.unwrap();
    let SubmitOutcome::Started(job) = submitted else {
        panic!("{submitted:?}");
    };
    receiver.follow(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    let url = receiver.reply_url("a-parent", None).unwrap();
    let path = url::Url::parse(&url).unwrap().path().to_owned();
    let body = claim("a-job", "cancelled").to_string();
    receiver.receive(&path, body.as_bytes()).unwrap();
    let failed = timeout(SOON, events.next()).await.unwrap();
    assert!(matches!(failed, Some(Event::Failed { .. })), "{failed:?}");
    assert_eq!(receiver.counts().mismatched, 0);
}

#[tokio::test]
async fn integer_ids_are_read_as_text() {
    let api = Stub::start(|request| {
        assert!(request.target().ends_with("jobid=18446744073709551615"));
        let job = json!({
            "jobid": "18446744073709551615", "verb": "seed_async", "status": "completed",
            "parentJobId": "17",
            "seed": { "value": 7, "attachments": vec![json!({"url": "http://a/"}); 4] },
        });
        Response::json(200, job.to_string())
    })
    .await;
    let client = Client::builder("a-token").base_url(api.base_url());
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.build().unwrap(), "http://127.0.0.1:1", key);
    let (receiver, mut events) = builder.build().unwrap();
    let url = receiver.reply_url("17", Some("9")).unwrap();
    let path = url::Url::parse(&url).unwrap().path().to_owned();
    let body = json!({
        "jobid": 18_446_744_073_709_551_615_u64, "status": "completed",
        "parentJobId": 17, "replyRef": 9,
    });
    receiver
        .receive(&path, body.to_string().as_bytes())
        .unwrap();
    let finished = timeout(SOON, events.next()).await.unwrap();
    assert!(matches!(finished, Some(Event::Finished(_))), "{finished:?}");
}

/// They are remembered, and must not fill the memory.
#[tokio::test]
async fn endless_ids_are_refused() {
    let setting = Setting::new().await;
    let url = setting.reply_url();
    assert_eq!(
        setting
            .call(&url, &claim(&"1".repeat(256), "progress"))
            .await,
        200
    );
    assert_eq!(
        setting
            .call(&url, &claim(&"1".repeat(257), "progress"))
            .await,
        400
    );
    assert_eq!(setting.call(&url, &claim("a\nb", "progress")).await, 400);
    eventually("both are counted", || {
        setting.receiver.counts().unreadable == 2
    })
    .await;
}

/// A callback may come a moment before the output is there.
#[tokio::test]
async fn incomplete_result_does_not_end_a_wait() {
    let polls = std::sync::atomic::AtomicUsize::new(0);
    let api = Stub::start(move |_| {
        let count = match polls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => 0,
            1 => 2,
            _ => 4,
        };
        let mut job = json!({"jobid": "a-job", "verb": "seed_async", "status": "completed"});
        if count > 0 {
            let attachments = vec![json!({"url": "http://a/"}); count];
            job["seed"] = json!({ "value": 7, "attachments": attachments });
        }
        Response::json(200, job.to_string())
    })
    .await;
    let client = Client::builder("a-token").base_url(api.base_url());
    let client = client.retry(no_retry()).build().unwrap();
    let key = Key::new([1; 32]);
    let builder = Receiver::builder(client.clone(), "http://127.0.0.1:1", key);
    let (receiver, _events) = builder.build().unwrap();
    let job = client.job("a-job");
    let wait = job
        .wait()
        .with_options(poll_every(Duration::from_millis(20)));
    let url = receiver.reply_url("a-parent", None).unwrap();
    let path = url::Url::parse(&url).unwrap().path().to_owned();
    let body = claim("a-job", "completed").to_string();
    let waited = receiver.wait(wait);
    receiver.receive(&path, body.as_bytes()).unwrap();
    assert_eq!(waited.await.unwrap().images().len(), 4);
}
