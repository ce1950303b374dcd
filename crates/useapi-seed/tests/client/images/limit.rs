//! A result with more images than there should be.

use serde_json::Value;
use useapi_seed::{Client, Warning};
use useapi_seed_tests::Stub;

use super::{files, picture, retrieval};

fn twenty(attachments: &mut Value) {
    let attachments = attachments.as_array_mut().unwrap();
    let first = attachments[0].clone();
    attachments.resize(20, first);
}

#[tokio::test]
async fn images_over_the_limit_are_a_warning() {
    let host = Stub::always(picture()).await;
    let (client, retrieval) = retrieval(host.address(), twenty).await;
    assert_eq!(retrieval.images().len(), 20);
    let small = Client::builder("a-token")
        .base_url(client.base_url())
        .max_images(2)
        .build()
        .unwrap();
    for (client, limit) in [(&client, 16), (&small, 2)] {
        let before = host.requests().len();
        let folder = tempfile::tempdir().unwrap();
        let saving = client.save_images(&retrieval, &folder);
        let note = saving.warning().unwrap();
        assert!(
            matches!(note, Warning::ImageLimit { listed: 20, limit: said, .. } if said == limit),
            "{note:?}"
        );
        assert_eq!(
            note.to_string(),
            format!("images: only the first {limit} of 20 are saved")
        );
        let outcomes = saving.await;
        assert_eq!(outcomes.len(), limit);
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(files(folder.path()).len(), limit);
        assert_eq!(host.requests().len() - before, limit);
    }
    // What was received has them all.
    let answer: Value = serde_json::from_slice(retrieval.raw_body()).unwrap();
    let listed = answer["seed"]["attachments"].as_array().unwrap();
    assert_eq!(listed.len(), 20);
}

#[tokio::test]
async fn four_images_need_no_warning() {
    let host = Stub::always(picture()).await;
    let (client, retrieval) = retrieval(host.address(), |_| {}).await;
    assert_eq!(client.save_images(&retrieval, "folder").warning(), None);
}
