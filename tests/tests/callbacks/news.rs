//! Good news, and that they come at once.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use useapi_seed::{Client, ErrorKind};
use useapi_seed_callback::{Event, Key, Receiver};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::poll_every;

use crate::{NEVER, Setting, claim};

/// Long before it would be polled for.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_wait_has_the_result_as_soon_as_the_callback_comes() {
    let setting = Setting::new().await;
    let job = setting.started(Some("order-17")).await;
    let wait = setting
        .receiver
        .wait(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    let wait = tokio::spawn(wait);
    setting.emulator.advance(Duration::from_secs(120));
    let retrieval = timeout(SOON, wait).await.unwrap().unwrap().unwrap();
    assert_eq!(retrieval.job_id(), job.id());
    assert_eq!(retrieval.images().len(), 4);
    let counts = setting.receiver.counts();
    assert_eq!(
        (counts.mismatched, counts.unconfirmed, counts.strangers),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn a_job_that_is_followed_tells_each_change_once() {
    let mut setting = Setting::new().await;
    let job = setting.started(None).await;
    setting
        .receiver
        .follow(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    let mut percents = Vec::new();
    let end = loop {
        setting.emulator.advance(Duration::from_secs(10));
        match timeout(Duration::from_millis(300), setting.events.next()).await {
            Ok(Some(Event::Progress(update))) => percents.push(update.percent),
            Ok(Some(event)) => break event,
            Ok(None) => panic!("the receiver is there"),
            Err(_) => {}
        }
    };
    assert!(
        matches!(&end, Event::Finished(retrieval) if retrieval.job_id() == job.id()),
        "{end:?}"
    );
    let mut sorted = percents.clone();
    sorted.dedup();
    assert_eq!(sorted, percents);
    // What comes late changes nothing.
    let url = setting.reply_url();
    for status in ["progress", "completed", "failed"] {
        assert_eq!(setting.call(&url, &claim(job.id(), status)).await, 200);
    }
    assert!(
        timeout(Duration::from_millis(100), setting.events.next())
            .await
            .is_err()
    );
    assert!(setting.receiver.counts().repeated >= 3);
    assert!(matches!(
        setting.receiver.kept(job.id()),
        Some(Event::Finished(_))
    ));
}

/// As without any.
#[tokio::test]
async fn lost_callbacks_are_made_up_for_by_polling() {
    let setting = Setting::new().await;
    setting
        .emulator
        .inject(Operation::Callback, Trigger::Next(1000), Fault::Dropped)
        .unwrap();
    let job = setting.started(None).await;
    setting.emulator.advance(Duration::from_secs(120));
    let wait = job
        .wait()
        .with_options(poll_every(Duration::from_millis(20)));
    let retrieval = timeout(SOON, setting.receiver.wait(wait))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(retrieval.job_id(), job.id());
    assert_eq!(setting.receiver.counts().accepted, 0);
}

/// Where callbacks come, polls are rare.
#[tokio::test]
async fn a_wait_that_is_called_polls_rarely() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let setting = Setting::with(emulator, |builder| builder.poll_interval_after_wake(NEVER)).await;
    let job = setting.started(None).await;
    let interval = Duration::from_millis(300);
    let wait = job.wait().with_options(poll_every(interval).timeout(NEVER));
    let wait = tokio::spawn(setting.receiver.wait(wait));
    // Until a callback has brought what no poll had seen before.
    let mut is_rare = false;
    for _ in 0..8 {
        setting.emulator.advance(Duration::from_secs(4));
        tokio::time::sleep(2 * interval).await;
        let before = setting.looks();
        tokio::time::sleep(2 * interval).await;
        if setting.looks() == before {
            is_rare = true;
            break;
        }
    }
    assert!(is_rare, "{:?}", setting.receiver.counts());
    setting.emulator.advance(Duration::from_secs(120));
    timeout(SOON, wait).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_job_that_fails_is_told_as_failed() {
    let mut setting = Setting::new().await;
    let job = setting.started(None).await;
    setting
        .receiver
        .follow(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    job.cancel().await.unwrap();
    let url = setting.reply_url();
    setting.call(&url, &claim(job.id(), "cancelled")).await;
    let event = timeout(SOON, setting.events.next()).await.unwrap().unwrap();
    let Event::Failed { job_id, error, .. } = event else {
        panic!("{event:?}");
    };
    assert_eq!(job_id, job.id());
    assert!(
        matches!(error.kind(), ErrorKind::JobFailed { .. }),
        "{error}"
    );
}

/// The address is all that has to be remembered.
#[tokio::test]
async fn after_a_restart_late_callbacks_are_taken_and_kept() {
    let setting = Setting::new().await;
    let job = setting.started(Some("r")).await;
    let parent = setting.emulator.jobs().imagine.clone();
    let url = setting.receiver.reply_url(&parent, Some("r")).unwrap();
    let account = setting.receiver.account_url();
    setting.emulator.advance(Duration::from_secs(120));

    // Another process, with another key and that of before.
    let client = Client::builder(setting.emulator.token()).base_url(setting.emulator.base_url());
    let base = format!("{}/callbacks", setting.address);
    let builder = Receiver::builder(client.build().unwrap(), base, Key::new([2; 32]));
    let (receiver, mut events) = builder.previous_key(Key::new([1; 32])).build().unwrap();
    let path = |url: &str| url::Url::parse(url).unwrap().path().to_owned();
    let mut body = claim(job.id(), "completed");
    body["replyRef"] = "r".into();
    receiver
        .receive(&path(&url), body.to_string().as_bytes())
        .unwrap();
    let event = timeout(SOON, events.next()).await.unwrap().unwrap();
    assert!(
        matches!(&event, Event::Finished(retrieval) if retrieval.job_id() == job.id()),
        "{event:?}"
    );
    assert!(receiver.kept(job.id()).is_some());
    // Whoever asks later need not ask the API.
    let looks = setting.looks();
    let begun = Instant::now();
    receiver
        .wait(setting.client.job(job.id()).wait())
        .await
        .unwrap();
    assert_eq!(setting.looks(), looks, "{:?}", begun.elapsed());

    // An account's address takes any of its jobs.
    let button = setting.emulator.jobs().button.clone();
    let other = setting.started_of(&button, None).await;
    let body = claim(other.id(), "progress").to_string();
    receiver.receive(&path(&account), body.as_bytes()).unwrap();
    let event = timeout(SOON, events.next()).await.unwrap().unwrap();
    assert_eq!(event.job_id(), other.id());
    assert!(!event.is_end());
}
