//! A job that reports completion before its seed and images are there.

use serde_json::{Value, json};
use useapi_seed_tests::{Response, Stub};

use super::{client_of, completed_with, fast};

#[tokio::test]
async fn late_output_is_polled_for() {
    let early: [fn(&mut Value); 5] = [
        |body| body["seed"] = json!(null),
        |body| body["seed"]["attachments"] = json!([]),
        |body| body["seed"]["attachments"] = json!(null),
        |body| {
            let attachments = body["seed"]["attachments"].as_array_mut();
            attachments.unwrap().truncate(2);
        },
        |body| {
            for attachment in body["seed"]["attachments"].as_array_mut().unwrap() {
                attachment["url"] = json!(null);
                attachment["proxy_url"] = json!(null);
            }
        },
    ];
    for (case, change) in early.into_iter().enumerate() {
        let change = |body: &mut Value| {
            // No parent whose seed could be fetched instead.
            body.as_object_mut().unwrap().remove("parentJobId");
            body["content"] = json!("**a prompt** - <@1> (fast)");
            change(body);
        };
        let responses = vec![
            completed_with(change),
            Response::drop_connection(),
            completed_with(|_| {}),
        ];
        let stub = Stub::in_turn(responses).await;
        let wait = client_of(&stub).job("a-job").wait().with_options(fast());
        let result = wait.await.unwrap();
        assert_eq!(result.images().len(), 4, "{case}");
        assert!(result.images().iter().all(|image| image.url.is_some()));
        assert_eq!(stub.requests().len(), 3, "{case}");
    }
}

#[tokio::test]
async fn missing_output_costs_three_polls() {
    let two = completed_with(|body| {
        let attachments = body["seed"]["attachments"].as_array_mut();
        attachments.unwrap().truncate(2);
    });
    let gone = Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    for (responses, polls) in [
        (vec![two.clone()], 4),
        // The two images are not lost.
        (vec![two.clone(), gone], 2),
        (vec![two, Response::drop_connection()], 4),
    ] {
        let stub = Stub::in_turn(responses).await;
        let wait = client_of(&stub).job("a-job").wait().with_options(fast());
        let result = wait.await.unwrap();
        assert_eq!(result.images().len(), 2);
        assert_eq!(stub.requests().len(), polls);
    }
}
