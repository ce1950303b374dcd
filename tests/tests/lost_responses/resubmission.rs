//! Whether a submission whose response was lost is submitted again.

use std::time::Duration;

use useapi_seed::{Client, Error, Resubmit, SubmitOutcome};
use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
use useapi_seed_tests::{Response, Stub, no_retry};

use super::{SOON, assert_started, client, options, paused, render, started, submissions, submit};

#[tokio::test]
async fn resubmission_follows_only_when_asked_for() {
    for resubmit in [Resubmit::Never, Resubmit::WhenSettled] {
        let emulator = paused([Fault::ResetBefore]).await;
        let client = client(&emulator);
        render(&emulator, &client).await;
        let outcome = submit(&emulator, &client, options(resubmit)).await;
        if resubmit == Resubmit::WhenSettled {
            assert!(matches!(outcome, Ok(SubmitOutcome::Started(_))));
        } else {
            let error = outcome.unwrap_err();
            let line = error.to_string();
            assert!(line.contains("may have been sent"), "{line}");
            assert!(line.contains("after 3 searches"), "{line}");
            assert!(!error.is_retryable());
        }
        assert_eq!(
            started(&emulator),
            u64::from(resubmit == Resubmit::WhenSettled)
        );
    }
}

/// A gateway delivers the request when its sender has stopped waiting.
async fn late(margin: Duration) -> (Emulator, Client) {
    let emulator = paused([Fault::late(3 * SOON)]).await;
    let client = Client::builder(emulator.token())
        .base_url(emulator.base_url())
        .retry(no_retry())
        .settle_margin(margin)
        .build()
        .unwrap();
    render(&emulator, &client).await;
    (emulator, client)
}

#[tokio::test]
async fn resubmission_waits_until_first_is_settled() {
    let (emulator, client) = late(60 * SOON).await;
    let outcome = submit(&emulator, &client, options(Resubmit::WhenSettled)).await;
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
async fn nothing_is_resubmitted_before_it_settles() {
    let (emulator, client) = late(60 * SOON).await;
    let options = options(Resubmit::WhenSettled).timeout(2 * SOON);
    let outcome = submit(&emulator, &client, options).await;
    let error = outcome.unwrap_err();
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

/// The first request arrives, too.
#[tokio::test]
async fn immediate_resubmission_risks_a_second_job() {
    let (emulator, client) = late(60 * SOON).await;
    let outcome = submit(&emulator, &client, options(Resubmit::Immediately)).await;
    assert_started(&outcome);
    while started(&emulator) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A request that was lost for good, and a second one that is rejected.
async fn rejected_resubmission(resubmit: Resubmit) -> Error {
    let emulator = paused([Fault::ResetBefore, Fault::status(429)]).await;
    let client = client(&emulator);
    render(&emulator, &client).await;
    let outcome = submit(&emulator, &client, options(resubmit)).await;
    assert_eq!(submissions(&emulator), 2);
    outcome.unwrap_err()
}

#[tokio::test]
async fn rejected_resubmission_does_not_hide_the_first() {
    let error = rejected_resubmission(Resubmit::Immediately).await;
    assert!(
        error.may_have_been_sent() && !error.is_too_many_jobs(),
        "{error}"
    );
    assert!(!error.is_retryable());
    assert_eq!(error.attempts(), 2);
    assert!(error.to_string().contains("too many jobs"), "{error}");
}

/// The search that preceded it has shown that the first request started no job.
#[tokio::test]
async fn rejection_after_settling_is_retryable() {
    let error = rejected_resubmission(Resubmit::WhenSettled).await;
    assert!(error.is_too_many_jobs() && error.is_retryable(), "{error}");
    assert_eq!(error.attempts(), 2);
    assert!(error.parent_job_id().is_some());
}

/// A rejection and one lost response: that is one resubmission, not a second.
#[tokio::test]
async fn rejection_does_not_count_as_lost_response() {
    let emulator = paused([Fault::status(429), Fault::ResetBefore]).await;
    let client = client(&emulator);
    render(&emulator, &client).await;
    let retry = no_retry().max_attempts(3);
    let options = options(Resubmit::WhenSettled).retry(retry);
    let outcome = submit(&emulator, &client, options).await;
    assert_started(&outcome);
    assert_eq!((submissions(&emulator), started(&emulator)), (3, 1));
}

#[tokio::test]
async fn second_lost_response_is_not_resubmitted() {
    let emulator = Emulator::builder()
        .fault(
            Operation::RetrieveSeed,
            Trigger::Next(9),
            Fault::ResetBefore,
        )
        .paused()
        .start()
        .await
        .unwrap();
    let client = client(&emulator);
    render(&emulator, &client).await;
    let outcome = submit(&emulator, &client, options(Resubmit::WhenSettled)).await;
    let error = outcome.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert_eq!(error.attempts(), 2);
    assert_eq!(submissions(&emulator), 2);
}

/// A search that cannot say to which parent an executing job belongs proves nothing.
#[tokio::test]
async fn job_of_unknown_parent_prevents_resubmission() {
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
            .retry(no_retry())
            .settle_margin(Duration::ZERO)
            .build()
            .unwrap();
        let options = options(Resubmit::WhenSettled).request_timeout(SOON / 4);
        let submit = client.submit("1").with_options(options.timeout(SOON));
        let error = submit.await.unwrap_err();
        assert!(error.may_have_been_sent(), "{error}");
        let requests = stub.requests().into_iter();
        let posts = requests.filter(|request| request.line.starts_with("POST"));
        assert_eq!(posts.count(), 1);
    }
}
