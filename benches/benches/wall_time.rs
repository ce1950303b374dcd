//! How long the calls take, one after the other and many at once.

#![allow(missing_docs, reason = "criterion's macros write undocumented items")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;
use tokio::runtime::Builder;
use useapi_seed_bench::{Calls, Ergonomic, Generated, HandWritten, Service};

const AT_ONCE: [usize; 2] = [1, 64];

#[allow(clippy::expect_used, reason = "without it there is nothing to measure")]
fn measure<C: Calls>(criterion: &mut Criterion, name: &str, count: usize, call: &impl AsyncFn(&C)) {
    // One thread: the other processors are left to the server.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let client = {
        let _inside = runtime.enter();
        C::new(&Service::from_env().expect("a service"))
    };
    criterion.bench_function(name, |bencher| {
        bencher.to_async(&runtime).iter(async || {
            join_all((0..count).map(|_| call(&client))).await;
        });
    });
}

async fn submit<C: Calls>(client: &C) {
    client.submit().await;
}

async fn poll<C: Calls>(client: &C) {
    client.poll(&client.ids().progress).await;
}

/// The clients take turns at each call: what else the machine does changes with
/// time.
fn clients(criterion: &mut Criterion) {
    for count in AT_ONCE {
        let name = |call, client| format!("{call}-{count}-{client}");
        let hand_written = name("submit", "hand_written");
        measure::<HandWritten>(criterion, &hand_written, count, &submit);
        measure::<Ergonomic>(criterion, &name("submit", "ergonomic"), count, &submit);
        measure::<Generated>(criterion, &name("submit", "generated"), count, &submit);
        let hand_written = name("poll", "hand_written");
        measure::<HandWritten>(criterion, &hand_written, count, &poll);
        measure::<Ergonomic>(criterion, &name("poll", "ergonomic"), count, &poll);
        measure::<Generated>(criterion, &name("poll", "generated"), count, &poll);
    }
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
