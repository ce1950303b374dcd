//! What each documented response becomes in the ergonomic layer.

use serde_json::{Value, json};
use useapi_seed::{
    Error, ErrorKind, PollResult, SeedResult, SubmitOptions, SubmitOutcome, Warning,
};
use useapi_seed_tests::{
    Fixture, Response, Stub, completed, fixture_tests, started, without_nulls,
};

const COMPLETED: &str = "service/200-completed-seed-job";

async fn submit(fixture: &Fixture) -> Result<SubmitOutcome, Error> {
    let stub = Stub::always(Response::json(fixture.status, fixture.text.as_str())).await;
    stub.client().submit("<jobid>").await
}

async fn poll(fixture: &Fixture) -> Result<PollResult, Error> {
    let stub = Stub::always(Response::json(fixture.status, fixture.text.as_str())).await;
    stub.client().job("<jobid>").poll().await
}

async fn already_retrieved(fixture: &Fixture) -> SeedResult {
    match submit(fixture).await {
        Ok(SubmitOutcome::AlreadyRetrieved(result)) => result,
        other => panic!("{other:?}"),
    }
}

async fn retrieved(fixture: &Fixture) -> SeedResult {
    completed(poll(fixture).await)
}

/// The fixture with one change.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Fixture {
    let fixture = Fixture::named(name);
    let mut body = fixture.json();
    change(&mut body);
    Fixture {
        text: body.to_string(),
        ..fixture
    }
}

fixture_tests!(documented_response_is_parsed);

async fn documented_response_is_parsed(fixture: Fixture) {
    let outcome = if fixture.is_poll() {
        poll(&fixture).await.map(|result| match result {
            PollResult::InProgress(progress) => json!({ "in_progress": progress }),
            PollResult::Completed(result) => json!({ "completed": result }),
        })
    } else {
        submit(&fixture).await.map(|outcome| match outcome {
            SubmitOutcome::Started(job) => {
                assert_eq!(job.id(), job.initial_progress().unwrap().job_id);
                json!({ "started": job.initial_progress() })
            }
            SubmitOutcome::AlreadyRetrieved(result) => json!({ "already_retrieved": result }),
        })
    };
    let outcome = outcome.unwrap_or_else(|error| rendered(&error));
    insta::assert_json_snapshot!(fixture.test_name(), without_nulls(&outcome));
}

fn rendered(error: &Error) -> Value {
    json!({
        "error": {
            "kind": format!("{:?}", error.kind()),
            "message": error.to_string(),
            "help": error.help(),
            "request_status": error.request_status().as_str(),
            "http_status": error.status().map(|status| status.as_u16()),
            "service_message": error.service_message(),
            "job_id": error.job_id(),
            "parent_job_id": error.parent_job_id(),
        }
    })
}

#[tokio::test]
async fn body_is_kept_verbatim() {
    for name in ["responses/200-already-retrieved", "model/every-field"] {
        let fixture = Fixture::named(name);
        let result = already_retrieved(&fixture).await;
        assert_eq!(result.raw_body(), fixture.text.as_bytes());
    }
}

#[tokio::test]
async fn malformed_fields_do_not_cost_the_result() {
    let complete = Fixture::named(COMPLETED).json();
    let fields = complete.as_object().unwrap().keys();
    let paths = fields.map(|key| format!("/{key}"));
    let paths = paths.filter(|path| path != "/seed");
    let inside = ["/seed/value", "/seed/content", "/seed/attachments"];
    for path in paths.chain(inside.map(String::from)) {
        for value in [
            json!(null),
            json!({"odd": true}),
            json!(["odd"]),
            json!(-1.5),
            json!("yesterday, half past nine"),
        ] {
            let fixture = changed(COMPLETED, |body| {
                *body.pointer_mut(&path).unwrap() = value;
            });
            let result = retrieved(&fixture).await;
            assert_eq!(result.seed(), 4_294_967_295, "{}", fixture.text);
            assert_eq!(result.raw_body(), fixture.text.as_bytes());
            if !path.contains("attachments") {
                assert_eq!(result.images().len(), 4, "{}", fixture.text);
            }
        }
    }
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_warnings() {
    let fixture = changed(COMPLETED, |body| {
        body["created"] = json!({"at": "noon"});
        body["seed"]["attachments"][2]["size"] = json!("large");
        body["seed"]["attachments"][3] = json!("gone");
    });
    let result = retrieved(&fixture).await;
    let expected = ["created", "seed.attachments[2].size", "seed.attachments[3]"];
    let expected = expected.map(|path| Warning::UnexpectedType(path.into()));
    assert_eq!(result.warnings(), expected);
    assert_eq!(result.images()[2].size, None);
    // An attachment that cannot be parsed keeps its position.
    assert_eq!(result.images().len(), 4);
    assert_eq!(result.images()[3].url, None);
}

#[tokio::test]
async fn seed_is_found_in_every_location() {
    let without_value = changed(COMPLETED, |body| {
        body["seed"].as_object_mut().unwrap().remove("value");
    });
    let only_in_content = changed(COMPLETED, |body| {
        body["content"] = body["seed"]["content"].take();
        body["seed"]["content"] = json!("no number");
        body["seed"]["value"] = json!(null);
    });
    for fixture in [without_value, only_in_content] {
        assert_eq!(retrieved(&fixture).await.seed(), 4_294_967_295);
    }

    // In the job's message, with any verb.
    for verb in [
        json!("seed_async"),
        json!("imagine_2"),
        json!(null),
        json!(5),
    ] {
        let in_content = changed(COMPLETED, |body| {
            let seed = body.as_object_mut().unwrap().remove("seed").unwrap();
            body["content"] = seed["content"].clone();
            body["attachments"] = seed["attachments"].clone();
            body["verb"] = verb;
        });
        let result = retrieved(&in_content).await;
        assert_eq!(result.seed(), 4_294_967_295);
        assert_eq!(result.images().len(), 4);
        let line = "Steampunk cat --s 750 --v 5.2 --seed 4294967295";
        assert_eq!(result.prompt_with_seed().unwrap(), line);
    }

    // As another JSON type, with no number in the text.
    for value in [json!("77"), json!(77.0)] {
        let other_type = changed(COMPLETED, |body| {
            body["seed"]["content"] = json!("no number");
            body["seed"]["value"] = value;
        });
        let result = retrieved(&other_type).await;
        assert_eq!(result.seed(), 77);
        let warning = Warning::UnexpectedType("seed.value".into());
        assert_eq!(result.warnings(), [warning]);
    }

    let mismatch = changed(COMPLETED, |body| body["seed"]["value"] = json!(7));
    let result = retrieved(&mismatch).await;
    assert_eq!(result.seed(), 7);
    let warning = "seed.value is 7, but seed.content says 4294967295";
    assert_eq!(result.warnings()[0].to_string(), warning);

    let beyond_signed = changed(COMPLETED, |body| {
        body["seed"]["value"] = json!(u64::MAX);
        body["seed"]["content"] = json!(null);
    });
    assert_eq!(retrieved(&beyond_signed).await.seed(), u64::MAX);
}

#[tokio::test]
async fn missing_seed_is_read_from_the_parent_job() {
    let child = changed(COMPLETED, |body| {
        body.as_object_mut().unwrap().remove("seed");
        body["jobid"] = json!("child");
        body["parentJobId"] = json!("parent");
    });
    let parent = Fixture::named("responses/200-already-retrieved").text;
    let text = child.text.clone();
    let stub = Stub::start(move |request| {
        let is_parent = request.target().ends_with("=parent");
        Response::json(200, if is_parent { &*parent } else { &*text })
    })
    .await;
    let result = stub.client().job("child").wait().await.unwrap();
    assert_eq!(result.seed(), 123_456_789);
    assert_eq!(stub.requests().len(), 2);

    // The parent has no seed either: the error keeps the response.
    let error = poll(&child).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SeedMissing { .. }),
        "{error}"
    );
    assert_eq!(error.response().unwrap().body, child.text.as_bytes());
    assert_eq!(error.job_id(), Some("<jobid>"));
}

/// Whether the account is halted, and the job is known to have failed.
fn halted(error: &Error) -> Option<bool> {
    match error.kind() {
        ErrorKind::Halted { job_failed, .. } => Some(*job_failed),
        _ => None,
    }
}

#[tokio::test]
async fn halted_code_in_the_body_is_a_halt() {
    for (status, code) in [
        (200, json!(596)),
        (200, json!("596")),
        (200, json!(569)),
        (500, json!("569")),
        (596, json!(null)),
        (569, json!(null)),
    ] {
        let mut fixture = changed("responses/596-failed-job", |body| body["code"] = code);
        fixture.status = status;
        let error = poll(&fixture).await.unwrap_err();
        assert_eq!(halted(&error), Some(true), "{status}: {error:?}");
        assert_eq!(error.job_id(), Some("<jobid>"));
        let message = "Pending mod message: You have a pending moderation message. \
                       Please acknowledge it before using the bot further.";
        assert_eq!(error.service_message(), Some(message));
        assert_eq!(halted(&submit(&fixture).await.unwrap_err()), Some(true));
    }
}

#[tokio::test]
async fn error_body_with_status_200_is_an_error() {
    let mut fixture = Fixture::named("responses/596-halted-account");
    fixture.status = 200;
    assert_eq!(halted(&poll(&fixture).await.unwrap_err()), Some(false));
    let mut fixture = Fixture::named("responses/401-unauthorized");
    fixture.status = 200;
    let error = poll(&fixture).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidResponse { .. }));
    assert_eq!(error.service_message(), Some("Unauthorized"));
}

#[tokio::test]
async fn running_job_without_images_is_in_progress() {
    for attachments in [json!(null), json!([])] {
        let fixture = changed(COMPLETED, |body| {
            body["status"] = json!("progress");
            body["seed"]["attachments"] = attachments;
        });
        let result = poll(&fixture).await.unwrap();
        assert!(matches!(result, PollResult::InProgress(_)));
    }
}

#[tokio::test]
async fn truncated_response_keeps_the_job_id() {
    let submit = async |body: String, missing| {
        let stub = Stub::always(Response::json(200, body).truncated(missing)).await;
        stub.client().submit("a-parent").await
    };
    let body = Fixture::named("responses/200-started").text;
    let body = body.replace("<jobid>", "a-job");
    // Only the space after the JSON is missing.
    assert_eq!(started(submit(format!("{body} "), 1).await).id(), "a-job");
    // The id was received: the job is not lost.
    assert_eq!(started(submit(body, 100).await).id(), "a-job");
    // An id that may be truncated is not used.
    let error = submit(r#"{"jobid":"a-job-of-mine"#.into(), 8)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidResponse { .. }));
    assert_eq!(error.job_id(), None);
    assert_eq!(error.parent_job_id(), Some("a-parent"));
    assert!(error.to_string().contains("may have been sent"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn missing_jobid_defaults_to_the_requested_job() {
    let fixture = changed("responses/200-already-retrieved", |body| {
        body.as_object_mut().unwrap().remove("jobid");
    });
    let result = already_retrieved(&fixture).await;
    assert_eq!(result.job_id(), "<jobid>");
    assert_eq!(result.parent_job_id(), Some("<jobid>"));
}

#[tokio::test]
async fn progress_has_every_field() {
    let of_submission = Fixture::named("responses/200-started");
    let of_poll = Fixture::named("service/200-in-progress");
    let job = started(submit(&of_submission).await);
    let PollResult::InProgress(polled) = poll(&of_poll).await.unwrap() else {
        panic!("not in progress");
    };
    for (fixture, progress) in [
        (of_submission, job.initial_progress().unwrap()),
        (of_poll, &polled),
    ] {
        assert_eq!(progress.raw_body(), fixture.text.as_bytes());
        let (job, expected) = (progress.raw_job(), fixture.json());
        let verb = job.verb.map(|verb| verb.as_str().to_owned());
        for (field, value) in [
            ("verb", verb),
            ("created", job.created),
            ("updated", job.updated),
            ("discord", job.discord),
            ("channel", job.channel),
            ("replyUrl", job.reply_url),
            ("replyRef", job.reply_ref),
        ] {
            assert_eq!(value.as_deref(), expected[field].as_str(), "{field}");
            assert!(value.is_some() || fixture.is_poll(), "{field}");
        }
    }
}

#[tokio::test]
async fn started_job_is_polled() {
    let body = json!({"jobid": "the-seed-job", "status": "started"}).to_string();
    let done = Fixture::named(COMPLETED).text;
    let responses = [body, done].map(|body| Response::json(200, body));
    let stub = Stub::in_turn(responses.into()).await;
    let job = started(stub.client().submit("a-parent").await);
    job.wait().await.unwrap();
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].target(), "/v2/jobs/?jobid=the-seed-job");
}

#[tokio::test]
async fn original_job_keeps_its_own_reply_fields() {
    let body = Fixture::named("responses/200-already-retrieved").text;
    let stub = Stub::always(Response::json(200, body)).await;
    let options = SubmitOptions::default()
        .reply_ref("mine")
        .reply_url("https://example.com/mine");
    let client = stub.client();
    let submit = client.submit("<jobid>").with_options(options);
    let SubmitOutcome::AlreadyRetrieved(result) = submit.await.unwrap() else {
        panic!("started");
    };
    let job = result.raw_job();
    assert_eq!(job.reply_url.as_deref(), Some("https://webhook.site/abc"));
    let reference = "<your optional reference id>";
    assert_eq!(job.reply_ref.as_deref(), Some(reference));
    assert!(result.warnings().is_empty(), "{:?}", result.warnings());
}

#[tokio::test]
async fn bare_prompt_loses_no_parameters() {
    let fixture = Fixture::named("responses/200-already-retrieved");
    let result = already_retrieved(&fixture).await;
    assert_eq!(result.raw_job().prompt.as_deref(), Some("Steampunk cat"));
    assert_eq!(result.prompt(), Some("Steampunk cat --s 750 --v 5.2"));
}
