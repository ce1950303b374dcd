//! Instructions of calls and of decoding, by Callgrind, and heap of waiting jobs, by
//! DHAT. In each group the first function is the rival of the second.

#![allow(missing_docs, reason = "gungraun's macros write undocumented items")]

use std::fmt::Debug;
use std::hint::black_box;
use std::mem::forget;
use std::time::Duration;

use gungraun::prelude::*;
use gungraun::{Callgrind, Dhat, DhatMetric, EventKind, Tool};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use useapi_seed::raw::types;
use useapi_seed_bench::{
    COMPLETED_BODY, COMPLETED_JOB, PARENT_JOB, RUNNING_JOB, bare_reqwest, bare_wait,
    ergonomic_client, ergonomic_wait, hand_written, hand_written_client, runtime, start_server,
};

/// Calls, or decoded bodies, of one benchmark.
const TIMES: usize = 100;
/// Calls until connection and caches are there.
const WARM_UP: usize = 5;
/// Jobs that wait concurrently.
const JOBS: usize = 1_000;
/// No wait polls a second time.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// What a benchmark counts: everything before it is made has been left out.
type Measured = Box<dyn FnOnce()>;

fn calls<C: 'static, T, E: Debug>(
    client: fn(&str) -> C,
    call: impl AsyncFn(&C) -> Result<T, E> + 'static,
) -> Measured {
    let (runtime, client) = (runtime(), client(&start_server()));
    let repeat = move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(call(&client).await.expect("a job"));
            }
        });
    };
    repeat(WARM_UP);
    Box::new(move || {
        repeat(TIMES);
        // Dropping it would count.
        forget(repeat);
    })
}

fn decode<T: DeserializeOwned>() -> Measured {
    Box::new(|| {
        for _ in 0..TIMES {
            // Both clients keep the body beside what they decode from it.
            let body = black_box(COMPLETED_BODY).as_bytes().to_vec();
            let job: T = serde_json::from_slice(&body).expect("a job");
            black_box((job, body));
        }
    })
}

#[library_benchmark]
#[bench::submit(calls(hand_written_client, async |client| client.submit(PARENT_JOB).await))]
#[bench::poll(calls(hand_written_client, async |client| client.poll(RUNNING_JOB).await))]
#[bench::final_poll(calls(hand_written_client, async |client| client.poll(COMPLETED_JOB).await))]
#[bench::decode(decode::<hand_written::Job>())]
fn by_hand(measured: Measured) {
    measured();
}

#[library_benchmark]
#[bench::submit(calls(ergonomic_client, async |client| client.submit(PARENT_JOB).await))]
#[bench::poll(calls(ergonomic_client, async |client| client.job(RUNNING_JOB).poll().await))]
#[bench::final_poll(calls(ergonomic_client, async |client| client.job(COMPLETED_JOB).poll().await))]
#[bench::decode(decode::<types::Job>())]
fn by_useapi_seed(measured: Measured) {
    measured();
}

/// Starts waits one after the other, over one connection, until all of them sleep.
/// They are leaked: DHAT reports what is allocated when the process ends.
fn waits<C: Clone + 'static, F: Future<Output = ()> + Send + 'static>(
    client: fn(&str) -> C,
    wait: fn(C, Duration, UnboundedSender<()>) -> F,
) -> Measured {
    let (runtime, client) = (runtime(), client(&start_server()));
    let (asleep, mut sleeps) = unbounded_channel();
    Box::new(move || {
        runtime.block_on(async {
            for _ in 0..JOBS {
                tokio::spawn(wait(client.clone(), INTERVAL, asleep.clone()));
                sleeps.recv().await;
            }
        });
        forget((runtime, client, sleeps));
    })
}

#[library_benchmark]
#[bench::heap(waits(bare_reqwest, bare_wait))]
fn waits_by_reqwest(measured: Measured) {
    measured();
}

#[library_benchmark]
#[bench::heap(waits(ergonomic_client, ergonomic_wait))]
fn waits_by_useapi_seed(measured: Measured) {
    measured();
}

library_benchmark_group!(
    name = instructions,
    config = LibraryBenchmarkConfig::default().tool(Callgrind::default().format([EventKind::Ir])),
    compare_by_id = true,
    benchmarks = [by_hand, by_useapi_seed]
);
library_benchmark_group!(
    name = heap,
    config = LibraryBenchmarkConfig::default()
        .default_tool(Tool::DHAT)
        // The stack of an allocation must reach the benchmark's function.
        .tool(Dhat::with_args(["--num-callers=500"]).format([DhatMetric::AtTEndBytes])),
    compare_by_id = true,
    benchmarks = [waits_by_reqwest, waits_by_useapi_seed]
);
main!(library_benchmark_groups = [instructions, heap]);
