//! A job's news as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use crate::error::Error;
use crate::job::{Job, Update};
use crate::nudge::Nudged;
use crate::polling::Polling;
use crate::retrieval::Retrieval;
use crate::wait::Policy;

/// The news of a job as they come: a [`Stream`] of what [`Event`] lists. Made by
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
/// # let useapi_seed::Submitted::Started(job) = client.submit(jobid).send().await? else { panic!() };
/// # let interval = Duration::from_millis(10);
/// use useapi_seed::Event;
///
/// let mut updates = job.wait().interval(interval).updates();
/// while let Some(event) = updates.next().await {
///     match event? {
///         Event::Changed(update) => println!("{:?} {:?} %", update.status, update.percent),
///         Event::PollFailed(error) => println!("asked in vain: {error}"),
///         Event::Retrieved(retrieval) => println!("seed {}", retrieval.seed()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before it is polled"]
pub struct Updates(BoxStream<'static, Result<Event, Error>>);

/// What there is to tell of a job.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Its status, percentage or content has changed; it has not ended. What the
    /// submission's answer said is not told again.
    Changed(Update),
    /// It could not be asked for, and will be again. That says nothing of the
    /// job.
    PollFailed(Error),
    /// The seed is there.
    Retrieved(Retrieval),
}

impl Updates {
    pub(crate) fn new(job: Job, nudged: Nudged, policy: Policy) -> Self {
        // The time counts from the first poll of the stream.
        let next = async move |state: State| {
            let mut polling = match state {
                State::New(job, nudged, policy) => Box::new(Polling::new(*job, nudged, policy)),
                State::Under(polling) => polling,
                State::Over => return None,
            };
            let event = polling.next().await;
            let is_over = matches!(event, Err(_) | Ok(Event::Retrieved(_)));
            let state = if is_over {
                State::Over
            } else {
                State::Under(polling)
            };
            Some((event, state))
        };
        Self(
            stream::unfold(State::New(Box::new(job), nudged, policy), next)
                .fuse()
                .boxed(),
        )
    }

    /// The next news; none after the end.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        self.0.next().await
    }
}

enum State {
    New(Box<Job>, Nudged, Policy),
    Under(Box<Polling>),
    Over,
}

impl Stream for Updates {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").finish_non_exhaustive()
    }
}
