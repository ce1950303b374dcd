//! Thousands of callbacks, with losses, doubles and no order.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;
use useapi_seed::Client;
use useapi_seed_callback::{Event, Key, Receiver};
use useapi_seed_tests::{Response, Stub, poll_every};

use crate::claim;

const JOBS: usize = 1_000;
const CALLBACKS: usize = 10;
/// How often the jobs are polled: for what gets lost.
const NET: Duration = Duration::from_secs(3);
const PARENT: &str = "2024-parent";

/// Numbers that are the same in each run.
struct Chance(u64);

impl Chance {
    /// Below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's constants for 64 bits.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

/// A service where a job has ended once its last callback was sent, or was to be.
async fn service(ended: Arc<Mutex<HashSet<String>>>) -> Stub {
    Stub::start(move |request| {
        let id = request.target().rsplit('=').next().unwrap().to_owned();
        let seed = if ended.lock().unwrap().contains(&id) {
            r#""status":"completed","seed":{"value":7}"#
        } else {
            r#""status":"progress""#
        };
        Response::json(
            200,
            format!(r#"{{"jobid":"{id}","verb":"seed_async","parentJobId":"{PARENT}",{seed}}}"#),
        )
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_jobs_every_result_comes_exactly_once() {
    let ended = Arc::new(Mutex::new(HashSet::new()));
    let api = service(Arc::clone(&ended)).await;
    let client = Client::builder("a-token")
        .base_url(api.base_url())
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let builder = Receiver::builder(client.clone(), base, Key::new([1; 32]));
    let builder = builder.looks_per_second(NonZeroU32::new(5_000).unwrap());
    let (receiver, mut events) = builder.poll_interval_after_wake(NET).build().unwrap();
    tokio::spawn(receiver.server().serve(listener));

    let mut chance = Chance(1);
    let mut calls = Vec::new();
    let mut lost = 0;
    for job in 0..JOBS {
        let id = format!("job-{job}");
        let wait = client.job(id.as_str()).wait();
        receiver.follow(wait.with_options(poll_every(NET)));
        for number in 1..=CALLBACKS {
            let status = if number == CALLBACKS {
                "completed"
            } else {
                "progress"
            };
            let is_lost = chance.below(100) < 5;
            lost += usize::from(is_lost);
            calls.push((id.clone(), status, is_lost));
            if chance.below(100) < 10 {
                calls.push((id.clone(), status, false));
            }
        }
    }
    assert!(lost > 400 && calls.len() > 10_900, "{lost} {}", calls.len());
    chance.shuffle(&mut calls);

    let url = receiver.reply_url(PARENT, None).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let (ended, http, url) = (&ended, &http, &url);
    let sending = stream::iter(calls).for_each_concurrent(64, |(id, status, is_lost)| async move {
        if status == "completed" {
            ended.lock().unwrap().insert(id.clone());
        }
        if !is_lost {
            let call = http.post(url).json(&claim(&id, status)).send();
            assert_eq!(call.await.unwrap().status(), 200);
        }
    });
    let mut results: BTreeMap<String, usize> = BTreeMap::new();
    let hearing = async {
        while results.len() < JOBS {
            match events.next().await.unwrap() {
                Event::Finished(retrieval) => {
                    *results.entry(retrieval.job_id().to_owned()).or_default() += 1;
                }
                Event::Progress(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let both = async { tokio::join!(sending, hearing) };
    timeout(Duration::from_secs(300), both).await.unwrap();
    // Nor do any come later.
    while let Ok(Some(event)) = timeout(Duration::from_millis(100), events.next()).await {
        *results.entry(event.job_id().to_owned()).or_default() += 1;
    }
    assert_eq!(results.len(), JOBS);
    assert!(results.values().all(|count| *count == 1));
    let counts = receiver.counts();
    assert_eq!(
        (counts.mismatched, counts.strangers, counts.unreadable),
        (0, 0, 0)
    );
}
