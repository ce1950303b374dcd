//! Instructions of calls and of decoding, counted by Callgrind. The server is
//! another process, and what is done before the calls is not counted.

#![allow(missing_docs, reason = "gungraun's macros write undocumented items")]

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};
use useapi_seed::raw::types;
use useapi_seed_bench::{Calls, Ergonomic, Generated, HandWritten, Service, hand_written};

/// As often as each is done. The chore divides by it.
const TIMES: usize = 100;
/// Until the connection is there and what is made once is made.
const BEFORE: usize = 5;

struct Ready<C> {
    runtime: Runtime,
    client: C,
}

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn service() -> Service {
    Service::from_env().expect("a service")
}

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn ready<C: Calls>() -> Ready<C> {
    // With one thread the order of things is nearly always the same.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let client = {
        let _inside = runtime.enter();
        C::new(&service())
    };
    let ready = Ready { runtime, client };
    for _ in 0..BEFORE {
        ready.submit(1);
        ready.poll(&ready.client.ids().completed, 1);
    }
    ready
}

impl<C: Calls> Ready<C> {
    fn submit(&self, times: usize) {
        self.runtime.block_on(async {
            for _ in 0..times {
                self.client.submit().await;
            }
        });
    }

    fn poll(&self, jobid: &str, times: usize) {
        self.runtime.block_on(async {
            for _ in 0..times {
                self.client.poll(jobid).await;
            }
        });
    }
}

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn completed() -> Vec<u8> {
    let service = service();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let client = hand_written::Client::new(&service.base_url, &service.token);
        let answer = client.expect("a client").job(&service.ids.completed).await;
        answer.expect("a completed job").text.to_vec()
    })
}

#[library_benchmark]
#[bench::hand_written(ready::<HandWritten>())]
#[bench::ergonomic(ready::<Ergonomic>())]
#[bench::generated(ready::<Generated>())]
fn submit<C: Calls>(ready: Ready<C>) -> Ready<C> {
    ready.submit(TIMES);
    ready
}

#[library_benchmark]
#[bench::hand_written(ready::<HandWritten>())]
#[bench::ergonomic(ready::<Ergonomic>())]
#[bench::generated(ready::<Generated>())]
fn poll<C: Calls>(ready: Ready<C>) -> Ready<C> {
    ready.poll(&ready.client.ids().progress, TIMES);
    ready
}

#[library_benchmark]
#[bench::hand_written(ready::<HandWritten>())]
#[bench::ergonomic(ready::<Ergonomic>())]
#[bench::generated(ready::<Generated>())]
fn last_poll<C: Calls>(ready: Ready<C>) -> Ready<C> {
    ready.poll(&ready.client.ids().completed, TIMES);
    ready
}

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn decode<T: DeserializeOwned>(text: &[u8]) {
    for _ in 0..TIMES {
        // The text is kept: both are there at the same time.
        let text = black_box(text).to_vec();
        let job = serde_json::from_slice::<T>(&text).expect("a job");
        black_box((job, text));
    }
}

#[library_benchmark]
#[bench::hand_written(completed(), decode::<hand_written::Job>)]
#[bench::ergonomic(completed(), decode::<types::Job>)]
#[bench::generated(completed(), decode::<seed_client::models::Job>)]
fn decode_completed(text: Vec<u8>, decode: fn(&[u8])) -> Vec<u8> {
    decode(&text);
    text
}

library_benchmark_group!(
    name = clients,
    benchmarks = [submit, poll, last_poll, decode_completed]
);
main!(library_benchmark_groups = clients);
