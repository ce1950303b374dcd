//! Events of tracked jobs.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::sync::mpsc;
use useapi_seed::{Error, JobProgress, SeedResult};

/// An event of a job, as confirmed by the API. The events of a job come in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The status, percentage or content has changed; the job still runs.
    Progress(JobProgress),
    /// The job has completed.
    Completed(SeedResult),
    /// The job has ended without a result, or its wait has ended: the error says
    /// which. In the second case a callback may still bring the end of the job.
    #[non_exhaustive]
    Failed {
        /// The job's id.
        job_id: String,
        /// What happened.
        error: Error,
    },
}

impl Event {
    /// The id of the job.
    #[must_use]
    pub fn job_id(&self) -> &str {
        match self {
            Self::Progress(progress) => &progress.job_id,
            Self::Completed(result) => result.job_id(),
            Self::Failed { job_id, .. } => job_id,
        }
    }

    /// Whether this is the last event of its job.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        !matches!(self, Self::Progress(_))
    }
}

/// The events of all tracked jobs: a [`Stream`] of [`Event`]s. Made with the
/// [`Receiver`](crate::Receiver).
///
/// While its buffer is full, tracked jobs are not polled, and no event is lost. When
/// it is dropped, tracking ends with the next event of each job, and unsolicited
/// callbacks are ignored.
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{Event, Events, Key, Receiver};
///
/// async fn print(mut events: Events) {
///     while let Some(event) = events.next().await {
///         println!("{} {}", event.job_id(), event.is_terminal());
///     }
/// }
///
/// let key = Key::new([7; 32]);
/// let (receiver, events) = Receiver::builder(client, "https://example.com", key).build()?;
/// tokio::spawn(print(events));
/// # drop(receiver);
/// # Ok::<(), useapi_seed_callback::UrlError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Events(pub(crate) mpsc::Receiver<Event>);

impl Events {
    /// The next event; none when all receivers are dropped and all tracked jobs have
    /// ended.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.poll_recv(context)
    }
}
