//! A client of an emulator, or of a stub, as most tests need it.

use std::path::Path;
use std::time::Duration;

use useapi_seed::{
    Client, ClientBuilder, Error, Job, PollResult, RetryPolicy, SeedResult, SubmitOutcome,
    WaitOptions,
};
use useapi_seed_emulator::{Emulator, EmulatorBuilder, Fault, Operation, Trigger};

use crate::Stub;

/// One attempt, and no backoff between the searches for a lost submission.
#[must_use]
pub fn no_retry() -> RetryPolicy {
    RetryPolicy::disabled().initial_backoff(Duration::ZERO)
}

/// A wait with this poll interval.
#[must_use]
pub fn poll_every(interval: Duration) -> WaitOptions {
    WaitOptions::default().poll_interval(interval)
}

/// A wait that polls each millisecond.
#[must_use]
pub fn fast() -> WaitOptions {
    poll_every(Duration::from_millis(1))
}

/// A client that retries nothing and polls fast.
#[must_use]
pub fn client_builder(token: &str, base_url: impl Into<String>) -> ClientBuilder {
    let builder = Client::builder(token).base_url(base_url);
    builder.retry(no_retry()).wait_options(fast())
}

/// An emulator, and a client of it that retries nothing and polls fast.
#[derive(Debug)]
pub struct Harness {
    /// The emulator.
    pub emulator: Emulator,
    /// Its client.
    pub client: Client,
}

impl Harness {
    /// With a paused clock.
    pub async fn paused() -> Self {
        Self::of(Emulator::builder().paused()).await
    }

    /// With a paused clock, and faults for the next calls.
    pub async fn with_faults(faults: impl IntoIterator<Item = (Operation, u32, Fault)>) -> Self {
        let builder = faults.into_iter().fold(
            Emulator::builder().paused(),
            |builder, (operation, times, fault)| {
                builder.fault(operation, Trigger::Next(times), fault)
            },
        );
        Self::of(builder).await
    }

    /// With a clock on which a minute passes in a tenth of a second.
    pub async fn running() -> Self {
        Self::of(Emulator::builder().time_scale(600.0)).await
    }

    /// With this emulator.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub async fn of(builder: EmulatorBuilder) -> Self {
        let emulator = builder.start().await.expect("an emulator");
        let builder = client_builder(emulator.token(), emulator.base_url());
        let client = builder.build().expect("a client");
        Self { emulator, client }
    }

    /// Another client of the emulator.
    ///
    /// # Panics
    ///
    /// When its configuration is invalid.
    #[must_use]
    pub fn client_with(&self, configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let builder = client_builder(self.emulator.token(), self.emulator.base_url());
        configure(builder).build().expect("a client")
    }

    /// The same emulator with another client.
    #[must_use]
    pub fn configured(self, configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        let client = self.client_with(configure);
        Self { client, ..self }
    }

    /// The id of a completed job, whose seed is not retrieved yet.
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.emulator.jobs().imagine
    }

    /// Injects a fault into the next calls.
    ///
    /// # Panics
    ///
    /// When the fault does not apply to the operation.
    pub fn inject(&self, operation: Operation, times: u32, fault: Fault) {
        let injected = self.emulator.inject(operation, Trigger::Next(times), fault);
        injected.expect("a fault that applies");
    }

    /// Starts the seed job of the parent.
    ///
    /// # Panics
    ///
    /// When it is not started.
    pub async fn start_job(&self) -> Job {
        started(self.client.submit(self.parent()).await)
    }

    /// The result of the parent's seed job.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn retrieve(&self) -> SeedResult {
        let job = self.start_job().await;
        self.emulator.advance(Duration::from_secs(60));
        job.wait().await.expect("a result")
    }

    /// Makes the emulator compute the sizes of its images now, once for all emulators
    /// of the process, and not while a search waits for a response.
    ///
    /// # Panics
    ///
    /// When the parent has a seed.
    pub async fn render(&self) {
        let poll = self.client.job(self.parent()).poll().await;
        poll.expect_err("it has no seed yet");
    }

    /// How many seed jobs of the parent were started.
    #[must_use]
    pub fn started(&self) -> u64 {
        let counts = self.emulator.job_counts();
        counts.get(self.parent()).map_or(0, |counts| counts.started)
    }

    /// How many calls of an operation were received.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> usize {
        let journal = self.emulator.journal().into_iter();
        journal
            .filter(|call| call.operation == Some(operation))
            .count()
    }
}

impl Stub {
    /// A client of the stub that retries nothing and polls fast.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_with(|builder| builder)
    }

    /// A client with further settings.
    ///
    /// # Panics
    ///
    /// When they are invalid.
    #[must_use]
    pub fn client_with(&self, configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let builder = client_builder("a-token", self.base_url());
        configure(builder).build().expect("a client")
    }
}

/// The job that a submission has started.
///
/// # Panics
///
/// When it has started none.
#[track_caller]
pub fn started(outcome: Result<SubmitOutcome, Error>) -> Job {
    match outcome {
        Ok(SubmitOutcome::Started(job)) => job,
        other => panic!("not started: {other:?}"),
    }
}

/// The result of a poll of a completed job.
///
/// # Panics
///
/// When the job is not completed.
#[track_caller]
pub fn completed(outcome: Result<PollResult, Error>) -> SeedResult {
    match outcome {
        Ok(PollResult::Completed(result)) => result,
        other => panic!("not completed: {other:?}"),
    }
}

/// The names of all files in a directory, hidden ones too.
///
/// # Panics
///
/// When it cannot be read.
#[must_use]
pub fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("a file").file_name())
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    names
}

/// Repeats until the condition is true; a test that never gets there hangs, however
/// slow the machine is.
pub async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
