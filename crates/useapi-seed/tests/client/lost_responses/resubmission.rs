//! Whether a submission whose response was lost is submitted again.

use std::time::Duration;

use useapi_seed::{Error, Resubmit};
use useapi_seed_emulator::{Fault, Operation};
use useapi_seed_tests::{Harness, Response, Stub, no_retry, started, wait_until};

use super::{SOON, found, lossy, options, submit};

fn submissions(harness: &Harness) -> usize {
    harness.calls(Operation::RetrieveSeed)
}

#[tokio::test]
async fn resubmission_follows_only_when_asked_for() {
    let harness = lossy([Fault::ResetBefore]).await;
    harness.render().await;
    let outcome = submit(&harness, options(Resubmit::Never)).await;
    let error = outcome.unwrap_err();
    let line = error.to_string();
    assert!(line.contains("may have been sent"), "{line}");
    assert!(line.contains("after 3 searches"), "{line}");
    assert!(!error.is_retryable());
    assert_eq!(harness.started(), 0);

    harness.inject(Operation::RetrieveSeed, 1, Fault::ResetBefore);
    started(submit(&harness, options(Resubmit::WhenSettled)).await);
    assert_eq!(harness.started(), 1);
}

/// A gateway delivers the request when its sender has stopped waiting.
async fn late() -> Harness {
    let harness = lossy([Fault::late(3 * SOON)]).await;
    let harness = harness.configured(|builder| builder.settle_margin(60 * SOON));
    harness.render().await;
    harness
}

#[tokio::test]
async fn resubmission_waits_until_first_is_settled() {
    let harness = late().await;
    let job = started(submit(&harness, options(Resubmit::WhenSettled)).await);
    let executing = harness.client.executing_jobs().await.unwrap();
    assert_eq!(executing.ids.unwrap(), [job.id()]);
    assert_eq!(harness.started(), 1);
}

#[tokio::test]
async fn nothing_is_resubmitted_before_it_settles() {
    let harness = late().await;
    let options = options(Resubmit::WhenSettled).timeout(2 * SOON);
    let error = submit(&harness, options).await.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert!(error.settles_in() > Some(30 * SOON), "{error}");
    wait_until(|| harness.started() > 0).await;
    assert!(found(&harness).await.is_some());
    assert_eq!(harness.started(), 1);
}

#[tokio::test]
async fn immediate_resubmission_risks_a_second_job() {
    let harness = late().await;
    started(submit(&harness, options(Resubmit::Immediately)).await);
    // The first request arrives, too.
    wait_until(|| harness.started() == 2).await;
}

/// A request that was lost for good, and a second one that is rejected.
async fn rejected_resubmission(resubmit: Resubmit) -> Error {
    let harness = lossy([Fault::ResetBefore, Fault::status(429)]).await;
    harness.render().await;
    let outcome = submit(&harness, options(resubmit)).await;
    assert_eq!(submissions(&harness), 2);
    let error = outcome.unwrap_err();
    assert_eq!(error.attempts(), 2);
    error
}

#[tokio::test]
async fn rejected_resubmission_does_not_hide_the_first() {
    let error = rejected_resubmission(Resubmit::Immediately).await;
    assert!(error.may_have_been_sent(), "{error}");
    assert!(!error.is_too_many_jobs() && !error.is_retryable());
    assert!(error.to_string().contains("too many jobs"), "{error}");
}

/// The search that preceded it has shown that the first request started no job.
#[tokio::test]
async fn rejection_after_settling_is_retryable() {
    let error = rejected_resubmission(Resubmit::WhenSettled).await;
    assert!(error.is_too_many_jobs() && error.is_retryable(), "{error}");
    assert!(error.parent_job_id().is_some());
}

/// A rejection and one lost response: that is one resubmission, not a second.
#[tokio::test]
async fn rejection_does_not_count_as_lost_response() {
    let harness = lossy([Fault::status(429), Fault::ResetBefore]).await;
    harness.render().await;
    let retry = no_retry().max_attempts(3);
    let options = options(Resubmit::WhenSettled).retry(retry);
    started(submit(&harness, options).await);
    assert_eq!((submissions(&harness), harness.started()), (3, 1));
}

#[tokio::test]
async fn second_lost_response_is_not_resubmitted() {
    let harness = lossy([Fault::ResetBefore, Fault::ResetBefore]).await;
    harness.render().await;
    let outcome = submit(&harness, options(Resubmit::WhenSettled)).await;
    let error = outcome.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert_eq!(error.attempts(), 2);
    assert_eq!(submissions(&harness), 2);
}

/// A search that cannot say to which parent an executing job belongs proves nothing.
#[tokio::test]
async fn job_of_unknown_parent_prevents_resubmission() {
    let running = r#"{"jobid":"9","verb":"seed_async","status":"started"}"#;
    let gone = r#"{"error":"Unable to locate job 9","code":404}"#;
    for job in [Response::json(200, running), Response::json(404, gone)] {
        let stub = Stub::start(move |request| match &request.line {
            line if line.starts_with("POST") => Response::html(502),
            line if line.contains("jobid=9") => job.clone(),
            line if line.contains("jobid=") => {
                Response::json(200, r#"{"verb":"imagine","status":"completed"}"#)
            }
            _ => Response::json(200, r#"["9"]"#),
        })
        .await;
        let client = stub.client_with(|builder| builder.settle_margin(Duration::ZERO));
        let options = options(Resubmit::WhenSettled).request_timeout(SOON / 4);
        let submit = client.submit("1").with_options(options.timeout(SOON));
        let error = submit.await.unwrap_err();
        assert!(error.may_have_been_sent(), "{error}");
        assert_eq!(stub.submissions(), 1);
    }
}
