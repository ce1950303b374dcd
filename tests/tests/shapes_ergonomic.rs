//! What each documented answer becomes in the ergonomic layer.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::fmt::Write;

use serde_json::json;
use useapi_seed::{Client, Error, ErrorKind, PollResult, SeedResult, SubmitOutcome, Warning};
use useapi_seed_tests::{Fixture, Response, Stub, once};

async fn client(response: Response) -> (Client, Stub) {
    let stub = Stub::always(response).await;
    let client = Client::builder("a-token")
        .base_url(stub.base_url())
        .retry(once())
        .build()
        .unwrap();
    (client, stub)
}

async fn submit(fixture: &Fixture) -> Result<SubmitOutcome, Error> {
    let (client, _stub) = client(Response::json(fixture.status, fixture.text.as_str())).await;
    client.submit("<jobid>").send().await
}

async fn look(fixture: &Fixture) -> Result<PollResult, Error> {
    let (client, _stub) = client(Response::json(fixture.status, fixture.text.as_str())).await;
    client.job("<jobid>").poll().await
}

fn described_retrieval(retrieval: &SeedResult) -> String {
    let mut text = format!(
        "retrieved\njob: {}\nseed: {}\nprompt: {:?}\nprompt with seed: {:?}\n",
        retrieval.job_id(),
        retrieval.seed(),
        retrieval.prompt(),
        retrieval.prompt_with_seed(),
    );
    for image in retrieval.images() {
        writeln!(text, "{image:?}").unwrap();
    }
    for note in retrieval.warnings() {
        writeln!(text, "note: {note}").unwrap();
    }
    text
}

fn described_error(error: &Error) -> String {
    format!(
        "error: {error}\nkind: {:?}\ndelivery: {:?}\nstatus: {:?}\nwords: {:?}\njob: {:?}\nadvice: {}\n",
        error.kind(),
        error.request_status(),
        error.status().map(|status| status.as_u16()),
        error.service_message(),
        error.job_id(),
        error.help(),
    )
}

#[tokio::test]
async fn documented_answers_are_understood() {
    for fixture in Fixture::all() {
        let understood = if fixture.name.starts_with("service/") {
            match look(&fixture).await {
                Ok(PollResult::InProgress(update)) => format!("in progress\n{update:#?}\n"),
                Ok(PollResult::Completed(retrieval)) => described_retrieval(&retrieval),
                Ok(other) => panic!("{other:?}"),
                Err(error) => described_error(&error),
            }
        } else {
            match submit(&fixture).await {
                Ok(SubmitOutcome::Started(job)) => format!(
                    "started\njob: {}\n{:#?}\n",
                    job.id(),
                    job.initial_progress().unwrap()
                ),
                Ok(SubmitOutcome::AlreadyRetrieved(retrieval)) => described_retrieval(&retrieval),
                Ok(other) => panic!("{other:?}"),
                Err(error) => described_error(&error),
            }
        };
        let snapshot = format!("ergonomic/{}", fixture.name).replace('/', "_");
        insta::assert_snapshot!(snapshot, understood);
    }
}

#[tokio::test]
async fn the_answer_is_kept_as_it_came() {
    for name in ["responses/200-already-retrieved", "model/every-field"] {
        let fixture = Fixture::named(name);
        match submit(&fixture).await.unwrap() {
            SubmitOutcome::AlreadyRetrieved(retrieval) => {
                assert_eq!(retrieval.raw_body(), fixture.text.as_bytes());
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The fixture with one change.
fn changed(name: &str, change: impl FnOnce(&mut serde_json::Value)) -> Fixture {
    let fixture = Fixture::named(name);
    let mut body = fixture.json();
    change(&mut body);
    Fixture {
        text: body.to_string(),
        ..fixture
    }
}

async fn retrieved(fixture: &Fixture) -> SeedResult {
    match look(fixture).await {
        Ok(PollResult::Completed(retrieval)) => retrieval,
        other => panic!("{}: {other:?}", fixture.text),
    }
}

#[tokio::test]
async fn an_odd_answer_is_still_a_result() {
    let whole = Fixture::named("service/200-completed-seed-job").json();
    let paths: Vec<String> = whole
        .as_object()
        .unwrap()
        .keys()
        .map(|key| format!("/{key}"))
        .chain(["/seed/value", "/seed/content", "/seed/attachments"].map(String::from))
        .filter(|path| path != "/seed")
        .collect();
    let oddities = [
        json!(null),
        json!({"odd": true}),
        json!(["odd"]),
        json!(-1.5),
        json!("yesterday, half past nine"),
    ];
    for path in paths {
        for oddity in &oddities {
            let fixture = changed("service/200-completed-seed-job", |body| {
                *body.pointer_mut(&path).unwrap() = oddity.clone();
            });
            let retrieval = retrieved(&fixture).await;
            assert_eq!(retrieval.seed(), 4_294_967_295, "{path}: {oddity}");
            assert_eq!(retrieval.raw_body(), fixture.text.as_bytes());
            if !path.contains("attachments") {
                assert_eq!(retrieval.images().len(), 4, "{path}: {oddity}");
            }
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_is_noted() {
    let fixture = changed("service/200-completed-seed-job", |body| {
        body["created"] = json!({"at": "noon"});
        body["seed"]["attachments"][2]["size"] = json!("large");
        body["seed"]["attachments"][3] = json!("gone");
    });
    let retrieval = retrieved(&fixture).await;
    assert_eq!(
        retrieval.warnings(),
        [
            Warning::UnexpectedType("created".into()),
            Warning::UnexpectedType("seed.attachments[2].size".into()),
            Warning::UnexpectedType("seed.attachments[3]".into()),
        ]
    );
    assert_eq!(retrieval.images()[2].size, None);
    // The place of what could not be read is kept.
    assert_eq!(retrieval.images().len(), 4);
    assert_eq!(retrieval.images()[3].url, None);
}

#[tokio::test]
async fn seed_is_found_wherever_it_stands() {
    let without_number = changed("service/200-completed-seed-job", |body| {
        body["seed"].as_object_mut().unwrap().remove("value");
    });
    assert_eq!(retrieved(&without_number).await.seed(), 4_294_967_295);

    // In the message of a job, whatever its verb.
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
        let retrieval = retrieved(&in_content).await;
        assert_eq!(retrieval.seed(), 4_294_967_295);
        assert_eq!(retrieval.images().len(), 4);
        assert_eq!(
            retrieval.prompt_with_seed().unwrap(),
            "Steampunk cat --s 750 --v 5.2 --seed 4294967295"
        );
    }

    // In another form, with nothing else to go by.
    for value in [json!("77"), json!(77.0)] {
        let other_form = changed("service/200-completed-seed-job", |body| {
            body["seed"]["content"] = json!("no number");
            body["seed"]["value"] = value;
        });
        let retrieval = retrieved(&other_form).await;
        assert_eq!(retrieval.seed(), 77);
        assert_eq!(
            retrieval.warnings(),
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
    let retrieval = retrieved(&mismatch).await;
    assert_eq!(retrieval.seed(), 7);
    assert_eq!(
        retrieval.warnings()[0].to_string(),
        "the answer's seed.value is 7, but its text says 4294967295"
    );

    let beyond_signed = changed("service/200-completed-seed-job", |body| {
        body["seed"]["value"] = json!(u64::MAX);
        body["seed"]["content"] = json!(null);
    });
    assert_eq!(retrieved(&beyond_signed).await.seed(), u64::MAX);
}

#[tokio::test]
async fn a_completed_job_without_seed_is_looked_up_at_its_parent() {
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
        .retry(once())
        .build()
        .unwrap();
    let retrieval = client.job("child").wait().await.unwrap();
    assert_eq!(retrieval.seed(), 123_456_789);
    assert_eq!(stub.requests().len(), 2);

    // Nor has the parent: an error that keeps the answer.
    let error = look(&bare).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SeedMissing { .. }),
        "{error}"
    );
    assert_eq!(error.response().unwrap().body, bare.text.as_bytes());
    assert_eq!(error.job_id(), Some("<jobid>"));
}

#[tokio::test]
async fn halt_is_told_by_the_body_too() {
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
        let error = look(&fixture).await.unwrap_err();
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
async fn a_halted_account_is_told_under_a_status_of_success_too() {
    let mut fixture = Fixture::named("responses/596-halted-account");
    fixture.status = 200;
    let error = look(&fixture).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Halted {
            job_failed: false,
            ..
        }
    ));
    let mut fixture = Fixture::named("responses/401-unauthorized");
    fixture.status = 200;
    let error = look(&fixture).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidResponse { .. }));
    assert_eq!(error.service_message(), Some("Unauthorized"));
}

#[tokio::test]
async fn a_job_that_runs_is_not_done_before_its_pictures() {
    for attachments in [json!(null), json!([])] {
        let fixture = changed("service/200-completed-seed-job", |body| {
            body["status"] = json!("progress");
            body["seed"]["attachments"] = attachments;
        });
        assert!(matches!(
            look(&fixture).await.unwrap(),
            PollResult::InProgress(_)
        ));
    }
}

#[tokio::test]
async fn a_torn_answer_gives_what_it_holds() {
    let started = Fixture::named("responses/200-started")
        .text
        .replace("<jobid>", "a-job");
    // All but what follows the JSON.
    let (whole, _stub) = client(Response::json(200, format!("{started} ")).cut(1)).await;
    match whole.submit("a-parent").send().await.unwrap() {
        SubmitOutcome::Started(job) => assert_eq!(job.id(), "a-job"),
        other => panic!("{other:?}"),
    }
    // The id is in what came: the job is not lost.
    let (torn, _stub) = client(Response::json(200, started).cut(100)).await;
    match torn.submit("a-parent").send().await.unwrap() {
        SubmitOutcome::Started(job) => assert_eq!(job.id(), "a-job"),
        other => panic!("{other:?}"),
    }
    // An id that may go on is none.
    let answer = Response::json(200, r#"{"jobid":"a-job"#.to_owned() + "-of-mine").cut(8);
    let (torn, _stub) = client(answer).await;
    let error = torn.submit("a-parent").send().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidResponse { .. }));
    assert_eq!(error.job_id(), None);
    assert_eq!(error.parent_job_id(), Some("a-parent"));
    assert!(error.to_string().contains("may have been sent"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_answer_without_an_id_is_about_the_job_that_was_asked_for() {
    let fixture = changed("responses/200-already-retrieved", |body| {
        body.as_object_mut().unwrap().remove("jobid");
    });
    match submit(&fixture).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(retrieval) => {
            assert_eq!(retrieval.job_id(), "<jobid>");
            assert_eq!(retrieval.parent_job_id(), Some("<jobid>"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_job_without_a_result_shows_every_field() {
    for name in ["responses/200-started", "service/200-in-progress"] {
        let fixture = Fixture::named(name);
        let update = if name.starts_with("responses") {
            match submit(&fixture).await.unwrap() {
                SubmitOutcome::Started(job) => job.initial_progress().unwrap().clone(),
                other => panic!("{other:?}"),
            }
        } else {
            match look(&fixture).await.unwrap() {
                PollResult::InProgress(update) => update,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(update.raw_body(), fixture.text.as_bytes());
        let (job, expected) = (update.raw_job(), fixture.json());
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
