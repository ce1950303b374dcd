//! What a call needs, and a record of its response.
//!
//! The generated code returns some errors without the response's status, so
//! [`hooks`](crate::hooks) record it here. Each call has a clone of the context
//! with its own record, so that concurrent calls do not share one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use progenitor_client::{Error as ClientError, ResponseValue};
use reqwest::header::HeaderValue;

use crate::error::{Error, ErrorKind};
use crate::response::{BodyStatus, RawResponse, Response};
use crate::secret::Secret;

#[derive(Clone, Debug)]
pub(crate) struct CallContext {
    /// Value of the header; marked as sensitive.
    pub(crate) authorization: HeaderValue,
    pub(crate) token: Arc<Secret>,
    /// Another secret to redact.
    pub(crate) secret: Option<Arc<Secret>>,
    pub(crate) body_limit: usize,
    /// Overrides the timeout of the HTTP client.
    pub(crate) timeout: Option<Duration>,
    recorded: Arc<Mutex<Option<RawResponse>>>,
}

impl CallContext {
    pub(crate) fn new(authorization: HeaderValue, token: Secret, body_limit: usize) -> Self {
        Self {
            authorization,
            token: Arc::new(token),
            secret: None,
            body_limit,
            timeout: None,
            recorded: Arc::default(),
        }
    }

    /// The same, with an own record.
    pub(crate) fn for_call(&self) -> Self {
        Self {
            recorded: Arc::default(),
            ..self.clone()
        }
    }

    /// The secrets that a response may repeat.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.token)
            .chain(&self.secret)
            .map(AsRef::as_ref)
    }

    pub(crate) fn record(&self, response: RawResponse) {
        *self.recorded() = Some(response);
    }

    fn recorded(&self) -> MutexGuard<'_, Option<RawResponse>> {
        // A panic cannot leave it half written.
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Combines the result of the generated code with the recorded response.
    pub(crate) fn into_result<T, E>(
        self,
        outcome: Result<ResponseValue<T>, ClientError<E>>,
    ) -> Result<Response<T>, Error<E>> {
        let response = self.recorded().take();
        let body_status = response.as_ref().map(|response| response.body_status);
        let kind = match (outcome, body_status) {
            (_, Some(BodyStatus::TooLarge(limit))) => ErrorKind::BodyTooLarge(limit),
            (Ok(value), _) => match response {
                Some(response) => return Ok(Response::new(value.into_inner(), response)),
                None => ErrorKind::InvalidRequest("the response was not recorded".into()),
            },
            (Err(error), _) => kind(error),
        };
        Err(Error::new(kind, response))
    }
}

fn kind<E>(error: ClientError<E>) -> ErrorKind<E> {
    match error {
        ClientError::InvalidRequest(error) | ClientError::Custom(error) => {
            ErrorKind::InvalidRequest(error)
        }
        ClientError::CommunicationError(error) if error.is_builder() => {
            ErrorKind::InvalidRequest(error.to_string())
        }
        ClientError::CommunicationError(error)
        | ClientError::InvalidUpgrade(error)
        | ClientError::ResponseBodyError(error) => ErrorKind::Transport(error),
        ClientError::ErrorResponse(body) => ErrorKind::ErrorResponse(Box::new(body.into_inner())),
        ClientError::InvalidResponsePayload(_, error) => ErrorKind::InvalidPayload(error),
        ClientError::UnexpectedResponse(_) => ErrorKind::UnexpectedResponse,
    }
}
