//! A job that reports completion before its seed and images are there.

use serde_json::{Value, json};
use useapi_seed_tests::{Response, Stub};

fn truncate(body: &mut Value) {
    let attachments = body["seed"]["attachments"].as_array_mut();
    attachments.unwrap().truncate(2);
}

#[tokio::test]
async fn late_output_is_polled_for() {
    let early: [fn(&mut Value); 5] = [
        |body| body["seed"] = json!(null),
        |body| body["seed"]["attachments"] = json!([]),
        |body| body["seed"]["attachments"] = json!(null),
        truncate,
        |body| {
            for attachment in body["seed"]["attachments"].as_array_mut().unwrap() {
                attachment["url"] = json!(null);
                attachment["proxy_url"] = json!(null);
            }
        },
    ];
    for (case, change) in early.into_iter().enumerate() {
        let early = Response::completed_with(|body| {
            // No parent whose seed could be fetched instead.
            body.as_object_mut().unwrap().remove("parentJobId");
            body["content"] = json!("**a prompt** - <@1> (fast)");
            change(body);
        });
        let complete = Response::completed_with(|_| {});
        let stub = Stub::in_turn(vec![early, Response::drop_connection(), complete]).await;
        let result = stub.client().job("a-job").wait().await.unwrap();
        assert_eq!(result.images().len(), 4, "{case}");
        assert!(result.images().iter().all(|image| image.url.is_some()));
        assert_eq!(stub.requests().len(), 3, "{case}");
    }
}

#[tokio::test]
async fn missing_output_costs_three_polls() {
    let two = Response::completed_with(truncate);
    let gone = Response::json(404, r#"{"error":"Unable to locate job","code":404}"#);
    for (responses, polls) in [
        (vec![two.clone()], 4),
        // The two images are not lost.
        (vec![two.clone(), gone], 2),
        (vec![two, Response::drop_connection()], 4),
    ] {
        let stub = Stub::in_turn(responses).await;
        let result = stub.client().job("a-job").wait().await.unwrap();
        assert_eq!(result.images().len(), 2);
        assert_eq!(stub.requests().len(), polls);
    }
}
