//! What is told of jobs.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::sync::mpsc;
use useapi_seed::{Error, JobProgress, SeedResult};

/// News of a job that the API has confirmed. Each real change comes once, and a
/// job's in their order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The job's status, percentage or content has changed; it has not ended.
    Progress(JobProgress),
    /// The seed is there.
    Finished(Arc<SeedResult>),
    /// The job has ended without a result, or can no longer be followed, because
    /// the wait that it was followed with has ended: its error tells which. In the
    /// second case a callback may still bring its end.
    #[non_exhaustive]
    Failed {
        /// The job's id.
        job_id: String,
        /// Why.
        error: Arc<Error>,
    },
}

impl Event {
    /// The id of the job that it is about.
    #[must_use]
    pub fn job_id(&self) -> &str {
        match self {
            Self::Progress(update) => &update.job_id,
            Self::Finished(retrieval) => retrieval.job_id(),
            Self::Failed { job_id, .. } => job_id,
        }
    }

    /// Whether nothing more comes of the job.
    #[must_use]
    pub fn is_end(&self) -> bool {
        !matches!(self, Self::Progress(_))
    }
}

/// The news of all jobs that are followed: a [`Stream`] of [`Event`]s. Comes with
/// the [`Receiver`](crate::Receiver).
///
/// What is not taken from it holds the next news of followed jobs up; nothing is
/// lost by that. The end of a job that nobody waited for is then only kept. When it is dropped, news go nowhere but to
/// [`Receiver::kept`](crate::Receiver::kept).
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{Event, Events, Key, Receiver};
///
/// async fn print(mut events: Events) {
///     while let Some(event) = events.next().await {
///         println!("{} {}", event.job_id(), event.is_end());
///     }
/// }
///
/// let key = Key::new([7; 32]);
/// let (receiver, events) = Receiver::builder(client, "https://example.com", key).build()?;
/// tokio::spawn(print(events));
/// # drop(receiver);
/// # Ok::<(), useapi_seed_callback::AddressError>(())
/// # }).unwrap();
/// ```
pub struct Events(pub(crate) mpsc::Receiver<Event>);

impl Events {
    /// The next one; none when there is no receiver any more.
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

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
