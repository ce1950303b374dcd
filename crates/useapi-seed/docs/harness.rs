// What the examples in the documentation run in: a client of an emulated service
// whose minutes pass in a tenth of a second.

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// With the id of a completed job.
pub fn example(body: impl AsyncFnOnce(useapi_seed::Client, &str) -> Outcome) {
    with_emulator(async |client, emulator| body(client, &emulator.jobs().imagine).await);
}

pub fn with_emulator(
    body: impl AsyncFnOnce(useapi_seed::Client, &useapi_seed_emulator::Emulator) -> Outcome,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let emulator = useapi_seed_emulator::Emulator::builder().time_scale(600.0).start().await.unwrap();
        let often = std::time::Duration::from_millis(20);
        let client = useapi_seed::Client::builder(emulator.token())
            .base_url(emulator.base_url())
            .wait_options(useapi_seed::WaitOptions::default().poll_interval(often))
            .build()
            .unwrap();
        body(client, &emulator).await.unwrap();
    });
}
