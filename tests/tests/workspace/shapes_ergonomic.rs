//! What each documented response becomes in the ergonomic layer.

use serde_json::{Value, json};
use useapi_seed::{Client, Error, ErrorKind, PollResult, SeedResult, SubmitOutcome, Warning};
use useapi_seed_tests::{Fixture, Response, Stub, fixture_tests, no_retry, without_nulls};

async fn client(response: Response) -> (Client, Stub) {
    let stub = Stub::always(response).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    (client, stub)
}

async fn submit(fixture: &Fixture) -> Result<SubmitOutcome, Error> {
    let (client, _stub) = client(Response::json(fixture.status, fixture.text.as_str())).await;
    client.submit("<jobid>").await
}

async fn poll(fixture: &Fixture) -> Result<PollResult, Error> {
    let (client, _stub) = client(Response::json(fixture.status, fixture.text.as_str())).await;
    client.job("<jobid>").poll().await
}

fixture_tests!(documented_response_is_parsed);

async fn documented_response_is_parsed(fixture: Fixture) {
    let outcome = if fixture.is_poll() {
        match poll(&fixture).await {
            Ok(PollResult::InProgress(progress)) => json!({ "in_progress": progress }),
            Ok(PollResult::Completed(result)) => json!({ "completed": result }),
            Err(error) => rendered(&error),
        }
    } else {
        match submit(&fixture).await {
            Ok(SubmitOutcome::Started(job)) => {
                assert_eq!(job.id(), job.initial_progress().unwrap().job_id);
                json!({ "started": job.initial_progress() })
            }
            Ok(SubmitOutcome::AlreadyRetrieved(result)) => json!({ "already_retrieved": result }),
            Err(error) => rendered(&error),
        }
    };
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
        match submit(&fixture).await.unwrap() {
            SubmitOutcome::AlreadyRetrieved(result) => {
                assert_eq!(result.raw_body(), fixture.text.as_bytes());
            }
            other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
        }
    }
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

async fn retrieved(fixture: &Fixture) -> SeedResult {
    match poll(fixture).await {
        Ok(PollResult::Completed(result)) => result,
        other => panic!("{}: {other:?}", fixture.text),
    }
}

#[tokio::test]
async fn malformed_fields_do_not_cost_the_result() {
    let complete = Fixture::named("service/200-completed-seed-job").json();
    let paths: Vec<String> = complete
        .as_object()
        .unwrap()
        .keys()
        .map(|key| format!("/{key}"))
        .chain(["/seed/value", "/seed/content", "/seed/attachments"].map(String::from))
        .filter(|path| path != "/seed")
        .collect();
    let malformed = [
        json!(null),
        json!({"odd": true}),
        json!(["odd"]),
        json!(-1.5),
        json!("yesterday, half past nine"),
    ];
    for path in paths {
        for value in &malformed {
            let fixture = changed("service/200-completed-seed-job", |body| {
                *body.pointer_mut(&path).unwrap() = value.clone();
            });
            let result = retrieved(&fixture).await;
            assert_eq!(result.seed(), 4_294_967_295, "{path}: {value}");
            assert_eq!(result.raw_body(), fixture.text.as_bytes());
            if !path.contains("attachments") {
                assert_eq!(result.images().len(), 4, "{path}: {value}");
            }
        }
    }
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_warnings() {
    let fixture = changed("service/200-completed-seed-job", |body| {
        body["created"] = json!({"at": "noon"});
        body["seed"]["attachments"][2]["size"] = json!("large");
        body["seed"]["attachments"][3] = json!("gone");
    });
    let result = retrieved(&fixture).await;
    assert_eq!(
        result.warnings(),
        [
            Warning::UnexpectedType("created".into()),
            Warning::UnexpectedType("seed.attachments[2].size".into()),
            Warning::UnexpectedType("seed.attachments[3]".into()),
        ]
    );
    assert_eq!(result.images()[2].size, None);
    // An attachment that cannot be parsed keeps its position.
    assert_eq!(result.images().len(), 4);
    assert_eq!(result.images()[3].url, None);
}

#[tokio::test]
async fn seed_is_found_in_every_location() {
    let without_number = changed("service/200-completed-seed-job", |body| {
        body["seed"].as_object_mut().unwrap().remove("value");
    });
    assert_eq!(retrieved(&without_number).await.seed(), 4_294_967_295);

    // In the job's message, with any verb.
    for verb in [
        json!("seed_async"),
        json!("imagine_2"),
        json!(null),
        json!(5),
    ] {
        let in_content = changed("service/200-completed-seed-job", |body| {
            let seed = body.as_object_mut().unwrap().remove("seed").unwrap();
            body["content"] = seed["content"].clone();
            body["attachments"] = seed["attachments"].clone();
            body["verb"] = verb;
        });
        let result = retrieved(&in_content).await;
        assert_eq!(result.seed(), 4_294_967_295);
        assert_eq!(result.images().len(), 4);
        assert_eq!(
            result.prompt_with_seed().unwrap(),
            "Steampunk cat --s 750 --v 5.2 --seed 4294967295"
        );
    }

    // As another JSON type, with no number in the text.
    for value in [json!("77"), json!(77.0)] {
        let other_form = changed("service/200-completed-seed-job", |body| {
            body["seed"]["content"] = json!("no number");
            body["seed"]["value"] = value;
        });
        let result = retrieved(&other_form).await;
        assert_eq!(result.seed(), 77);
        assert_eq!(
            result.warnings(),
            [Warning::UnexpectedType("seed.value".into())]
        );
    }

    let in_both = changed("service/200-completed-seed-job", |body| {
        let content = body["seed"]["content"].take();
        body["content"] = content;
        body["seed"]["content"] = json!("no number");
        body["seed"]["value"] = json!(null);
    });
    assert_eq!(retrieved(&in_both).await.seed(), 4_294_967_295);

    let mismatch = changed("service/200-completed-seed-job", |body| {
        body["seed"]["value"] = json!(7);
    });
    let result = retrieved(&mismatch).await;
    assert_eq!(result.seed(), 7);
    assert_eq!(
        result.warnings()[0].to_string(),
        "seed.value is 7, but seed.content says 4294967295"
    );

    let beyond_signed = changed("service/200-completed-seed-job", |body| {
        body["seed"]["value"] = json!(u64::MAX);
        body["seed"]["content"] = json!(null);
    });
    assert_eq!(retrieved(&beyond_signed).await.seed(), u64::MAX);
}

#[tokio::test]
async fn missing_seed_is_read_from_the_parent_job() {
    let bare = changed("service/200-completed-seed-job", |body| {
        body.as_object_mut().unwrap().remove("seed");
        body["jobid"] = json!("child");
        body["parentJobId"] = json!("parent");
    });
    let parent = Fixture::named("responses/200-already-retrieved").text;
    let child = bare.text.clone();
    let stub = Stub::start(move |request| {
        Response::json(
            200,
            if request.target().ends_with("=parent") {
                parent.as_str()
            } else {
                child.as_str()
            },
        )
    })
    .await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(no_retry())
        .build()
        .unwrap();
    let result = client.job("child").wait().await.unwrap();
    assert_eq!(result.seed(), 123_456_789);
    assert_eq!(stub.requests().len(), 2);

    // The parent has no seed either: the error keeps the response.
    let error = poll(&bare).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SeedMissing { .. }),
        "{error}"
    );
    assert_eq!(error.response().unwrap().body, bare.text.as_bytes());
    assert_eq!(error.job_id(), Some("<jobid>"));
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
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Halted {
                    job_failed: true,
                    ..
                }
            ),
            "{status}: {error:?}"
        );
        assert_eq!(error.job_id(), Some("<jobid>"));
        assert_eq!(
            error.service_message(),
            Some(
                "Pending mod message: You have a pending moderation message. \
                 Please acknowledge it before using the bot further."
            )
        );
        assert!(matches!(
            submit(&fixture).await.unwrap_err().kind(),
            ErrorKind::Halted {
                job_failed: true,
                ..
            }
        ));
    }
}

#[tokio::test]
async fn error_body_with_status_200_is_an_error() {
    let mut fixture = Fixture::named("responses/596-halted-account");
    fixture.status = 200;
    let error = poll(&fixture).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    let mut fixture = Fixture::named("responses/401-unauthorized");
    fixture.status = 200;
    let error = poll(&fixture).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidResponse { .. }));
    assert_eq!(error.service_message(), Some("Unauthorized"));
}

#[tokio::test]
async fn running_job_without_images_is_in_progress() {
    for attachments in [json!(null), json!([])] {
        let fixture = changed("service/200-completed-seed-job", |body| {
            body["status"] = json!("progress");
            body["seed"]["attachments"] = attachments;
        });
        assert!(matches!(
            poll(&fixture).await.unwrap(),
            PollResult::InProgress(_)
        ));
    }
}

#[tokio::test]
async fn truncated_response_keeps_the_job_id() {
    let started = Fixture::named("responses/200-started")
        .text
        .replace("<jobid>", "a-job");
    // Only the space after the JSON is missing.
    let (complete, _stub) = client(Response::json(200, format!("{started} ")).truncated(1)).await;
    match complete.submit("a-parent").await.unwrap() {
        SubmitOutcome::Started(job) => assert_eq!(job.id(), "a-job"),
        other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
    }
    // The id was received: the job is not lost.
    let (truncated, _stub) = client(Response::json(200, started).truncated(100)).await;
    match truncated.submit("a-parent").await.unwrap() {
        SubmitOutcome::Started(job) => assert_eq!(job.id(), "a-job"),
        other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
    }
    // An id that may be truncated is not used.
    let response = Response::json(200, r#"{"jobid":"a-job"#.to_owned() + "-of-mine").truncated(8);
    let (truncated, _stub) = client(response).await;
    let error = truncated.submit("a-parent").await.unwrap_err();
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
    match submit(&fixture).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(result) => {
            assert_eq!(result.job_id(), "<jobid>");
            assert_eq!(result.parent_job_id(), Some("<jobid>"));
        }
        other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn progress_has_every_field() {
    for name in ["responses/200-started", "service/200-in-progress"] {
        let fixture = Fixture::named(name);
        let progress = if name.starts_with("responses") {
            match submit(&fixture).await.unwrap() {
                SubmitOutcome::Started(job) => job.initial_progress().unwrap().clone(),
                other @ SubmitOutcome::AlreadyRetrieved(_) => panic!("{other:?}"),
            }
        } else {
            match poll(&fixture).await.unwrap() {
                PollResult::InProgress(progress) => progress,
                other @ PollResult::Completed(_) => panic!("{other:?}"),
            }
        };
        assert_eq!(progress.raw_body(), fixture.text.as_bytes());
        let (job, expected) = (progress.raw_job(), fixture.json());
        for (field, value) in [
            (
                "verb",
                job.verb.as_ref().map(|verb| verb.as_str().to_owned()),
            ),
            ("created", job.created),
            ("updated", job.updated),
            ("discord", job.discord),
            ("channel", job.channel),
            ("replyUrl", job.reply_url),
            ("replyRef", job.reply_ref),
        ] {
            assert_eq!(
                value.as_deref(),
                expected[field].as_str(),
                "{name}, {field}"
            );
            assert!(value.is_some() || name.starts_with("service"), "{field}");
        }
    }
}
