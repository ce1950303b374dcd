//! Processor time of the polls that 1,000 concurrent waits make, against the same
//! polls by bare reqwest.

use std::time::Duration;

use futures_util::future::join_all;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use useapi_seed_bench::{
    bare_reqwest, bare_wait, compare, ergonomic_client, ergonomic_wait, runtime, start_server,
};

const ROUNDS: usize = 21;
const GOAL: f64 = 1.20;
const JOBS: u32 = 1_000;
const INTERVAL: Duration = Duration::from_secs(1);

fn main() {
    let base_url = start_server();
    let ours = seconds_per_poll(ergonomic_client(&base_url), ergonomic_wait);
    let rival = seconds_per_poll(bare_reqwest(&base_url), bare_wait);
    compare("processor time of 1,000 waits", GOAL, ROUNDS, ours, rival);
}

fn seconds_per_poll<C: Clone, F: Future<Output = ()>>(
    client: C,
    wait: fn(C, Duration, UnboundedSender<()>) -> F,
) -> impl FnMut() -> f64 {
    let runtime = runtime();
    move || {
        let (asleep, sleeps) = unbounded_channel();
        let waits = (0..JOBS).map(async |number| {
            // They start over one interval, as those of a service would.
            sleep(INTERVAL * number / JOBS).await;
            wait(client.clone(), INTERVAL, asleep.clone()).await;
        });
        let start = thread_seconds();
        runtime.block_on(join_all(waits));
        let polls = u32::try_from(sleeps.len()).expect("a number of polls") + JOBS;
        (thread_seconds() - start) / f64::from(polls)
    }
}

/// The processor time of this thread, in which the client does all its work.
fn thread_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a duration").as_secs_f64()
}
