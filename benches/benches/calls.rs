//! Wall time of submit and poll, against the hand-written client.

use std::fmt::Debug;
use std::hint::black_box;
use std::time::Instant;

use futures_util::future::join_all;
use useapi_seed_bench::{
    PARENT_JOB, RUNNING_JOB, compare, ergonomic_client, hand_written_client, runtime, start_server,
};

const ROUNDS: usize = 201;
const GOAL: f64 = 1.10;
/// Calls by each client in one round.
const CALLS: usize = 256;

fn main() {
    let base_url = start_server();
    let client = ergonomic_client(&base_url);
    let hand_written = hand_written_client(&base_url);
    for concurrency in [1, 64] {
        let figure = format!("wall time of a submit, {concurrency} concurrent");
        let ours = seconds(concurrency, async || client.submit(PARENT_JOB).await);
        let rival = seconds(concurrency, async || hand_written.submit(PARENT_JOB).await);
        compare(&figure, GOAL, ROUNDS, ours, rival);

        let figure = format!("wall time of a poll, {concurrency} concurrent");
        let ours = seconds(concurrency, async || client.job(RUNNING_JOB).poll().await);
        let rival = seconds(concurrency, async || hand_written.poll(RUNNING_JOB).await);
        compare(&figure, GOAL, ROUNDS, ours, rival);
    }
}

fn seconds<T, E: Debug>(
    concurrency: usize,
    call: impl AsyncFn() -> Result<T, E>,
) -> impl FnMut() -> f64 {
    let runtime = runtime();
    move || {
        let start = Instant::now();
        runtime.block_on(async {
            for _ in 0..CALLS / concurrency {
                for response in join_all((0..concurrency).map(|_| call())).await {
                    black_box(response.expect("a job"));
                }
            }
        });
        start.elapsed().as_secs_f64()
    }
}
