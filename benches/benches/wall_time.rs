//! How long the calls take, one after the other and many at once.

#![allow(missing_docs, reason = "criterion's macros write undocumented items")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;
use tokio::runtime::Builder;
use useapi_seed_bench::{Calls, Ergonomic, Generated, HandWritten, Service};

const AT_ONCE: [usize; 2] = [1, 64];

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn measure<C: Calls>(criterion: &mut Criterion, name: &str) {
    // One thread: the other processors are left to the server.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let client = {
        let _inside = runtime.enter();
        C::new(&Service::from_env().expect("a service"))
    };
    let client = &client;
    for count in AT_ONCE {
        criterion.bench_function(&format!("submit-{count}-{name}"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                join_all((0..count).map(|_| client.submit())).await;
            });
        });
        criterion.bench_function(&format!("poll-{count}-{name}"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                let jobid = &client.ids().progress;
                join_all((0..count).map(|_| client.poll(jobid))).await;
            });
        });
    }
}

fn clients(criterion: &mut Criterion) {
    measure::<HandWritten>(criterion, "hand_written");
    measure::<Ergonomic>(criterion, "ergonomic");
    measure::<Generated>(criterion, "generated");
}

criterion_group!(
    name = calls;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .without_plots();
    targets = clients
);
criterion_main!(calls);
