//! Waits for 1,000 jobs, and prints the bytes of heap that are held for each
//! while all of them wait, as JSON: begun one after the other, over one
//! connection, or all at once, with a connection for each.

use std::alloc::System;
use std::env;
use std::time::Duration;

use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use useapi_seed::{Client, JobEvent, WaitOptions};
use useapi_seed_bench::{Fault, Service};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const JOBS: usize = 1_000;
/// Nobody polls again while the heap is looked at.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let at_once = match env::args().nth(1).as_deref() {
        Some("in-turn") => false,
        Some("at-once") => true,
        _ => return Err("usage: heap in-turn|at-once".into()),
    };
    let service = Service::from_env()?;
    let client = Client::builder(service.token.as_str())
        .base_url(&service.base_url)
        .build()?;
    client.job(service.ids.progress.as_str()).poll().await?;

    let (polled, mut polls) = mpsc::unbounded_channel();
    let mut waits = JoinSet::new();
    let before = held();
    for _ in 0..JOBS {
        let polled = polled.clone();
        let wait = client.job(service.ids.progress.as_str()).wait();
        let options = WaitOptions::default();
        let options = options.poll_interval(INTERVAL).timeout(INTERVAL * 2);
        let mut events = wait.with_options(options).into_stream();
        waits.spawn(async move {
            while let Some(event) = events.next().await {
                if let Ok(JobEvent::Progress(_)) = event {
                    // The receiver lives as long as this runs.
                    let _ = polled.send(());
                }
            }
        });
        if !at_once {
            polls.recv().await;
        }
    }
    if at_once {
        for _ in 0..JOBS {
            polls.recv().await;
        }
    }
    // What was sent is read, but what read it may still be busy.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let each = (held() - before) / JOBS;
    println!("{}", json!({ "each": each }));
    Ok(())
}

/// What is allocated and not yet freed; growing in place counts as either.
fn held() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}
