//! A job's news as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use crate::error::Error;
use crate::job::{Job, JobProgress};
use crate::notifier::Notified;
use crate::poller::Poller;
use crate::result::SeedResult;
use crate::wait::Policy;

/// The news of a job as they come: a [`Stream`] of what [`JobEvent`] lists. Made by
/// [`Job::watch`] and [`Wait::updates`](crate::Wait::updates).
///
/// It ends after the result, or after an error: then the job has ended without
/// one, or the wait has. Dropping it loses nothing.
///
/// ```
/// # use std::time::Duration;
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let useapi_seed::SubmitOutcome::Started(job) = client.submit(jobid).send().await? else { panic!() };
/// # let interval = Duration::from_millis(10);
/// use useapi_seed::JobEvent;
///
/// let mut updates = job.wait().interval(interval).updates();
/// while let Some(event) = updates.next().await {
///     match event? {
///         JobEvent::Progress(update) => println!("{:?} {:?} %", update.status, update.percent),
///         JobEvent::PollError(error) => println!("asked in vain: {error}"),
///         JobEvent::Completed(result) => println!("seed {}", result.seed()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before it is polled"]
pub struct JobEvents(BoxStream<'static, Result<JobEvent, Error>>);

/// What there is to tell of a job.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobEvent {
    /// Its status, percentage or content has changed; it has not ended. What the
    /// submission's answer said is not told again.
    Progress(JobProgress),
    /// It could not be asked for, and will be again. That says nothing of the
    /// job.
    PollError(Error),
    /// The seed is there.
    Completed(SeedResult),
}

impl JobEvents {
    pub(crate) fn new(job: Job, notified: Notified, policy: Policy) -> Self {
        // The time counts from the first poll of the stream.
        let next = async move |state: State| {
            let mut polling = match state {
                State::New(job, notified, policy) => Box::new(Poller::new(*job, notified, policy)),
                State::Under(polling) => polling,
                State::Over => return None,
            };
            let event = polling.next().await;
            let is_over = matches!(event, Err(_) | Ok(JobEvent::Completed(_)));
            let state = if is_over {
                State::Over
            } else {
                State::Under(polling)
            };
            Some((event, state))
        };
        Self(
            stream::unfold(State::New(Box::new(job), notified, policy), next)
                .fuse()
                .boxed(),
        )
    }

    /// The next news; none after the end.
    pub async fn next(&mut self) -> Option<Result<JobEvent, Error>> {
        self.0.next().await
    }
}

enum State {
    New(Box<Job>, Notified, Policy),
    Under(Box<Poller>),
    Over,
}

impl Stream for JobEvents {
    type Item = Result<JobEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for JobEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobEvents").finish_non_exhaustive()
    }
}
