//! Thousands of callbacks, some of them lost, duplicated and out of order.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::timeout;
use useapi_seed::WaitOptions;
use useapi_seed::reqwest;
use useapi_seed_callback::{Event, Key, Receiver};

use crate::{SOON, api, callback, job, seed};

const JOBS: usize = 1_000;
const CALLBACKS: usize = 10;
/// How often the jobs are polled, in case callbacks are lost.
const INTERVAL: Duration = Duration::from_secs(3);

/// The id and status of each callback that is sent, and whether it gets lost.
fn callbacks() -> Vec<(String, &'static str, bool)> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut callbacks = Vec::new();
    for job in 0..JOBS {
        for number in 1..=CALLBACKS {
            let status = if number < CALLBACKS {
                "progress"
            } else {
                "completed"
            };
            let is_lost = random.u8(..100) < 5;
            callbacks.push((format!("job-{job}"), status, is_lost));
            if random.u8(..100) < 10 {
                callbacks.push((format!("job-{job}"), status, false));
            }
        }
    }
    random.shuffle(&mut callbacks);
    let lost = callbacks.iter().filter(|(_, _, is_lost)| *is_lost).count();
    assert!(lost > 400 && callbacks.len() > 10_900, "{lost}");
    callbacks
}

#[tokio::test(flavor = "multi_thread")]
async fn every_result_of_a_thousand_jobs_comes_once() {
    let ended = Arc::new(Mutex::new(HashSet::new()));
    let known = Arc::clone(&ended);
    // A job has ended once its last callback was sent or lost.
    let client = api(move |uri| {
        let uri = uri.to_string();
        let id = uri.rsplit('=').next().unwrap();
        let mut more = json!({ "jobid": id });
        if !known.lock().unwrap().contains(id) {
            return job("progress", more);
        }
        more["seed"] = seed(4)["seed"].take();
        job("completed", more)
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let builder = Receiver::builder(client.clone(), base_url, Key::new([1; 32]));
    let builder = builder.max_polls_per_second(NonZeroU32::new(5_000).unwrap());
    let builder = builder.poll_interval_after_wake(INTERVAL);
    let (receiver, mut events) = builder.build().unwrap();
    let server = tokio::spawn(receiver.server().serve(listener));
    for number in 0..JOBS {
        let wait = client.job(format!("job-{number}")).wait();
        receiver.track(wait.with_options(WaitOptions::default().poll_interval(INTERVAL)));
    }

    let url = receiver.reply_url("a-parent", None).unwrap();
    // The server may close an idle connection while a request is sent on it.
    let http = reqwest::Client::builder().no_proxy();
    let http = http.pool_max_idle_per_host(0).build().unwrap();
    let (ended, http, url) = (&ended, &http, &url);
    let send =
        stream::iter(callbacks()).for_each_concurrent(64, |(id, status, is_lost)| async move {
            if status == "completed" {
                ended.lock().unwrap().insert(id.clone());
            }
            if !is_lost {
                let call = http.post(url).json(&callback(&id, status)).send();
                assert_eq!(call.await.unwrap().status(), 200);
            }
        });
    let mut results: BTreeMap<String, usize> = BTreeMap::new();
    let count = async {
        while results.len() < JOBS {
            match events.next().await.unwrap() {
                Event::Completed(result) => {
                    *results.entry(result.job_id().to_owned()).or_default() += 1;
                }
                Event::Progress(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(5 * SOON, async { tokio::join!(send, count) })
        .await
        .unwrap();
    let stats = receiver.stats();
    let rejected = stats.mismatched + stats.unknown_url + stats.invalid_body;
    assert_eq!((rejected, stats.dropped), (0, 0));
    // No result comes later. The events end when all tracking has.
    server.abort();
    drop(receiver);
    while let Ok(Some(event)) = timeout(SOON, events.next()).await {
        *results.entry(event.job_id().to_owned()).or_default() += 1;
    }
    assert_eq!(results.len(), JOBS);
    assert!(results.values().all(|count| *count == 1));
}
