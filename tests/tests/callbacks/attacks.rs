//! Bad news that are not true.

use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use useapi_seed_callback::Event;
use useapi_seed_emulator::Emulator;
use useapi_seed_tests::poll_every;

use crate::{NEVER, Setting, claim, eventually};

#[tokio::test]
async fn a_claimed_end_that_the_api_does_not_confirm_changes_nothing() {
    let setting = Setting::new().await;
    let job = setting.started(None).await;
    let mut wait = Box::pin(
        setting
            .receiver
            .wait(job.wait().with_options(poll_every(NEVER).timeout(NEVER))),
    );
    let url = setting.reply_url();
    for (forged, status) in (1..).zip(["completed", "failed"]) {
        let mut body = claim(job.id(), status);
        body["seed"] = json!({ "value": 1 });
        assert_eq!(setting.call(&url, &body).await, 200);
        let counted = || setting.receiver.counts().unconfirmed == forged;
        eventually("it is counted", counted).await;
    }
    assert!(timeout(Duration::from_millis(50), &mut wait).await.is_err());
    // And the true one still comes.
    setting.emulator.advance(Duration::from_secs(120));
    let retrieval = timeout(Duration::from_secs(20), wait)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(retrieval.seed(), 1);
}

/// Whoever has an address can only speak of the job that it is for.
#[tokio::test]
async fn an_address_is_for_one_job_and_reference() {
    let mut setting = Setting::new().await;
    let job = setting.started(Some("r")).await;
    let imagine = setting.emulator.jobs().imagine.clone();
    let button = setting.emulator.jobs().button.clone();
    let of_other = setting.receiver.reply_url(&button, None).unwrap();
    assert_eq!(
        setting.call(&of_other, &claim(job.id(), "progress")).await,
        200
    );
    eventually("it is counted", || {
        setting.receiver.counts().mismatched == 1
    })
    .await;

    let ours = setting.receiver.reply_url(&imagine, Some("r")).unwrap();
    let without = claim(job.id(), "progress");
    assert_eq!(setting.call(&ours, &without).await, 404);
    let mut with_other = without;
    with_other["replyRef"] = "s".into();
    assert_eq!(setting.call(&ours, &with_other).await, 404);
    assert_eq!(setting.receiver.counts().mismatched, 3);
    assert!(
        timeout(Duration::from_millis(50), setting.events.next())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn empty_reply_ref_is_the_same_as_none() {
    let setting = Setting::new().await;
    let parent = setting.emulator.jobs().imagine.as_str();
    let with_empty = setting.receiver.reply_url(parent, Some("")).unwrap();
    assert_eq!(with_empty, setting.reply_url());
    let mut body = claim("a", "progress");
    assert_eq!(setting.call(&with_empty, &body).await, 200);
    body["replyRef"] = "".into();
    assert_eq!(setting.call(&with_empty, &body).await, 200);
    let with_other = setting.receiver.reply_url(parent, Some("r")).unwrap();
    assert_eq!(setting.call(&with_other, &body).await, 404);
}

/// Forgeries about jobs that nobody waits for take nothing of the budget of those
/// that are waited for.
#[tokio::test]
async fn a_flood_holds_no_honest_callback_up() {
    let setting = Setting::new().await;
    let url = setting.reply_url();
    let flood = (0..2_000).map(|number| {
        let body = claim(&format!("no-such-job-{number}"), "completed");
        let call = setting.http.post(&url).json(&body).send();
        async move { assert_eq!(call.await.unwrap().status(), 200) }
    });
    let job = setting.started(None).await;
    let wait = tokio::spawn(
        setting
            .receiver
            .wait(job.wait().with_options(poll_every(NEVER).timeout(NEVER))),
    );
    let looks = setting.looks();
    for call in flood {
        call.await;
    }
    setting.emulator.advance(Duration::from_secs(120));
    let retrieval = timeout(Duration::from_secs(20), wait)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(retrieval.unwrap().job_id(), job.id());
    let counts = setting.receiver.counts();
    assert!(counts.dropped > 1_000, "{counts:?}");
    // One look in a second for the strangers, and those at the job itself.
    assert!(setting.looks() - looks < 60, "{}", setting.looks() - looks);
}

/// However often a job is called about, there is one look at a time.
#[tokio::test]
async fn repeated_callbacks_cost_few_looks() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let two = NonZeroU32::new(2).unwrap();
    let mut setting = Setting::with(emulator, |builder| builder.looks_per_second(two)).await;
    let job = setting.started(None).await;
    setting
        .receiver
        .follow(job.wait().with_options(poll_every(NEVER).timeout(NEVER)));
    let (url, looks) = (setting.reply_url(), setting.looks());
    for _ in 0..500 {
        setting.call(&url, &claim(job.id(), "completed")).await;
    }
    assert!(setting.receiver.counts().repeated > 400);
    assert!(setting.looks() - looks < 30, "{}", setting.looks() - looks);
    setting.emulator.advance(Duration::from_secs(120));
    let event = timeout(Duration::from_secs(20), setting.events.next())
        .await
        .unwrap();
    assert!(matches!(event, Some(Event::Finished(_))), "{event:?}");
}
