//! What any server of this API does, the emulator and the service itself.
//!
//! Against the service this costs at most one retrieval: a seed that was retrieved
//! is returned again without another one, as documented. With a job whose seed was
//! retrieved before, it costs none and does not wait.
//!
//! ```sh
//! USEAPI_TOKEN=… USEAPI_LIVE_JOBID=… cargo test -p useapi-seed-tests --test workspace \
//!     service_conforms -- --ignored --nocapture
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use useapi_seed::{
    Client, ErrorKind, JobEvent, JobStatus, SavedImage, SeedResult, SubmitOptions, SubmitOutcome,
    Verb, Warning,
};
use useapi_seed_tests::{Harness, poll_every};

/// Checks a server against the documentation, with a completed job of the account,
/// and saves the images.
async fn conforms(
    client: &Client,
    jobid: &str,
    interval: Duration,
    directory: &Path,
) -> (SeedResult, Vec<SavedImage>) {
    // Rejections first: they cost nothing.
    let unauthorized = Client::builder("unknown-token").base_url(client.base_url());
    let error = unauthorized
        .build()
        .unwrap()
        .submit(jobid)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    let error = client.submit("no-such-job").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    let error = client.job("no-such-job").poll().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    client.executing_jobs().await.unwrap();

    let options = SubmitOptions::default().reply_ref("conformance");
    let result = match client.submit(jobid).with_options(options).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(result) => result,
        SubmitOutcome::Started(job) => {
            println!("started {}", job.id());
            assert_ne!(job.id(), jobid);
            let status = job
                .initial_progress()
                .and_then(|first| first.status.clone());
            assert_eq!(status, Some(JobStatus::Started));
            let wait = job.wait().with_options(poll_every(interval));
            let mut events = wait.into_stream();
            loop {
                match events.next().await.unwrap().unwrap() {
                    JobEvent::Completed(result) => break result,
                    event => println!("{event:?}"),
                }
            }
        }
    };
    println!("{result:#?}");
    assert!(u32::try_from(result.seed()).is_ok());
    assert_eq!(result.images().len(), 4);
    assert_eq!(result.parent_job_id(), Some(jobid));
    let line = result.prompt_with_seed().unwrap();
    assert!(
        line.ends_with(&format!(" --seed {}", result.seed())),
        "{line}"
    );
    let mut warnings = result.warnings().iter();
    let unexpected = warnings.find(|warning| !matches!(warning, Warning::UnknownField(_)));
    assert_eq!(unexpected, None);

    let saved = client.save_images(&result, directory).await;
    let saved: Vec<_> = saved.into_iter().map(Result::unwrap).collect();
    assert_eq!(saved.len(), 4);
    for image in &saved {
        assert!(image.mismatches.is_empty(), "{image:?}");
    }

    // A seed is retrieved only once.
    match client.submit(jobid).await.unwrap() {
        SubmitOutcome::AlreadyRetrieved(repeated) => {
            assert_eq!(repeated.seed(), result.seed());
            assert_eq!(repeated.job_id(), jobid);
            assert_ne!(repeated.raw_job().verb, Some(Verb::SeedAsync));
        }
        other @ SubmitOutcome::Started(_) => panic!("{other:?}"),
    }
    (result, saved)
}

/// Each verb returns another seed, and the four images that the emulator serves.
#[tokio::test]
async fn emulator_conforms() {
    let Harness { emulator, client } = Harness::running().await;
    let mut seeds = BTreeSet::new();
    let jobs = emulator.jobs();
    for jobid in [&jobs.imagine, &jobs.button, &jobs.blend] {
        let directory = tempfile::tempdir().unwrap();
        let interval = Duration::from_millis(20);
        let (result, saved) = conforms(&client, jobid, interval, directory.path()).await;
        assert_eq!(result.warnings(), []);
        seeds.insert(result.seed());
        for (image, saved) in result.images().iter().zip(saved) {
            assert_eq!(saved.dimensions, Some((1024, 1024)));
            let served = reqwest::get(image.url.as_deref().unwrap()).await.unwrap();
            let file = fs::read(directory.path().join(&saved.name)).unwrap();
            assert_eq!(file, served.bytes().await.unwrap());
        }
    }
    assert_eq!(seeds.len(), 3);
}

#[tokio::test]
#[ignore = "calls the service itself; see the head of this file"]
async fn service_conforms() {
    let jobid = std::env::var("USEAPI_LIVE_JOBID").expect("USEAPI_LIVE_JOBID: a completed job");
    let directory = tempfile::tempdir().unwrap();
    let client = Client::from_env().unwrap();
    conforms(&client, &jobid, Duration::from_secs(10), directory.path()).await;
}
