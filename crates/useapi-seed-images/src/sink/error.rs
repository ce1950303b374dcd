//! Errors of sinks.

use std::error::Error as StdError;
use std::io;

/// Why a sink failed.
///
/// ```
/// use useapi_seed_images::{PutMode, Sink, SinkError};
///
/// async fn mark_complete(sink: &dyn Sink) -> Result<(), SinkError> {
///     match sink.put_document("job.json", "{}".into(), PutMode::Create).await {
///         // By an earlier run.
///         Err(SinkError::AlreadyExists(_)) => Ok(()),
///         outcome => outcome,
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// This name exists, and is not replaced.
    #[error("{0} already exists")]
    AlreadyExists(String),
    /// This is not a plain file name.
    #[error("{0:?} is not a file name")]
    InvalidName(String),
    /// The storage failed.
    #[error("storage failed")]
    Failed(#[source] Box<dyn StdError + Send + Sync>),
}

impl SinkError {
    /// Whether the name exists already.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        matches!(self, Self::AlreadyExists(_))
    }
}

impl From<io::Error> for SinkError {
    fn from(err: io::Error) -> Self {
        Self::Failed(err.into())
    }
}
