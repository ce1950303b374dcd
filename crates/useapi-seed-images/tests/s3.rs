//! The sinks' tests against an S3 server, which `cargo xtask test-s3` starts.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by it")]

mod suite;

use std::sync::Arc;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Attribute, ObjectStore, ObjectStoreExt};
use useapi_seed_images::{ObjectStoreSink, Sink};

use suite::Backend;

/// The server's URL.
const ENDPOINT: &str = "S3_TEST_ENDPOINT";
const BUCKET: &str = "images";

fn endpoint() -> String {
    let endpoint = std::env::var(ENDPOINT);
    endpoint.unwrap_or_else(|_| panic!("{ENDPOINT} is not set: run `cargo xtask test-s3`"))
}

fn store() -> Arc<AmazonS3> {
    let builder = AmazonS3Builder::new()
        .with_endpoint(endpoint())
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name(BUCKET)
        .with_access_key_id("test")
        .with_secret_access_key("test");
    Arc::new(builder.build().unwrap())
}

/// A prefix in the bucket.
struct S3 {
    store: Arc<AmazonS3>,
    sink: ObjectStoreSink,
    prefix: Path,
}

impl S3 {
    async fn new(prefix: &str) -> Self {
        let bucket = format!("{}/{BUCKET}", endpoint());
        let created = reqwest::Client::new().put(bucket).send().await.unwrap();
        assert!(created.status().is_success(), "{created:?}");
        let store = store();
        let shared: Arc<dyn ObjectStore> = store.clone();
        Self {
            store,
            sink: ObjectStoreSink::new(shared, prefix),
            prefix: prefix.into(),
        }
    }
}

impl Backend for S3 {
    fn sink(&self) -> &dyn Sink {
        &self.sink
    }

    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        suite::objects(&*self.store, Some(&self.prefix)).await
    }
}

#[tokio::test]
async fn s3_conforms() {
    let s3 = S3::new("conforms").await;
    suite::run(&s3).await;
    let image = s3.store.get(&s3.prefix.join("image-1.png")).await.unwrap();
    let media_type = image.attributes.get(&Attribute::ContentType).unwrap();
    assert_eq!(media_type.as_ref(), "image/png");
}

#[tokio::test]
async fn killed_process_leaves_no_half_object() {
    suite::kill(&S3::new("killed").await, "child_process", "killed", 0).await;
}

#[tokio::test]
#[ignore = "another test starts it as another process"]
async fn child_process() {
    suite::child(|prefix| Box::new(ObjectStoreSink::new(store(), prefix))).await;
}
