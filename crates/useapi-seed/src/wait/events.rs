//! Job events as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt};

use crate::error::Error;
use crate::wait::event::JobEvent;

/// A [`Stream`] of [`JobEvent`]s. Made by [`Wait::into_stream`](crate::Wait::into_stream)
/// and [`RetrieveSeed::into_stream`](crate::RetrieveSeed::into_stream).
///
/// It ends after the result, or after the error that ended the wait. Once the job is
/// started, dropping it loses nothing: the job keeps running.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// use useapi_seed::JobEvent;
///
/// let mut events = client.retrieve(job_id).into_stream();
/// while let Some(event) = events.next().await {
///     match event? {
///         JobEvent::Started(handle) => println!("store {}", handle.job_id),
///         JobEvent::Progress(progress) => println!("{:?} %", progress.percent),
///         JobEvent::PollError(error) => println!("poll failed: {error}"),
///         JobEvent::Completed(result) => println!("seed {}", result.seed()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # });
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct JobEvents(BoxStream<'static, Result<JobEvent, Error>>);

impl JobEvents {
    pub(crate) fn new(
        events: impl Stream<Item = Result<JobEvent, Error>> + Send + 'static,
    ) -> Self {
        Self(events.fuse().boxed())
    }

    /// The next event; none after the end.
    pub async fn next(&mut self) -> Option<Result<JobEvent, Error>> {
        self.0.next().await
    }
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
