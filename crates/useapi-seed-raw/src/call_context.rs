//! One call: what is sent with it, and a record of what came back.
//!
//! The generated code forgets the status of some failures, so the one place
//! that sees every exchange, [`ClientHooks::exec`], writes it down here. Each
//! call has a clone of the generated client with a record of its own, so that
//! calls made at once do not read each other's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bstr::ByteSlice;
use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, Error as ClientError, OperationInfo, ResponseValue};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Request, ResponseBuilderExt};
use url::Url;

use crate::generated;
use crate::response::{BodyStatus, Error, ErrorKind, RawResponse, Response};
use crate::secret::Secret;

#[derive(Clone, Debug)]
pub(crate) struct CallContext {
    base_url: Arc<Url>,
    /// The value of the header; marked as sensitive.
    pub(crate) authorization: HeaderValue,
    secrets: [Option<Arc<Secret>>; 2],
    body_limit: usize,
    /// Instead of the HTTP client's own.
    timeout: Option<Duration>,
    recorded: Arc<Mutex<Option<RawResponse>>>,
}

impl CallContext {
    pub(crate) fn new(
        base_url: Arc<Url>,
        authorization: HeaderValue,
        secrets: [Option<Arc<Secret>>; 2],
        body_limit: usize,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            base_url,
            authorization,
            secrets,
            body_limit,
            timeout,
            recorded: Arc::default(),
        }
    }

    /// The address of an operation, whose path begins with a slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = Url::clone(&self.base_url);
        let base = self.base_url.path().trim_end_matches('/');
        url.set_path(&[base, path].concat());
        url
    }

    fn recorded(&self) -> MutexGuard<'_, Option<RawResponse>> {
        // It is set whole, or not at all.
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins what the generated code made of the exchange with the record.
    pub(crate) fn into_result<T, E>(
        &self,
        outcome: Result<ResponseValue<T>, ClientError<E>>,
    ) -> Result<Response<T>, Error<E>> {
        let response = self.recorded().take();
        if let Some(BodyStatus::TooLarge(limit)) =
            response.as_ref().map(|response| response.body_status)
        {
            return Err(Error::new(ErrorKind::BodyTooLarge(limit), response));
        }
        let (error, response) = match (outcome, response) {
            (Ok(value), Some(response)) => return Ok(Response::new(value.into_inner(), response)),
            (Ok(_), None) => {
                let error = ErrorKind::InvalidRequest("the exchange was not recorded".into());
                return Err(Error::new(error, None));
            }
            (Err(error), response) => (error, response),
        };
        let kind = match error {
            ClientError::InvalidRequest(error) | ClientError::Custom(error) => {
                ErrorKind::InvalidRequest(error)
            }
            ClientError::CommunicationError(error) if error.is_builder() => {
                ErrorKind::InvalidRequest(error.to_string())
            }
            ClientError::CommunicationError(error)
            | ClientError::InvalidUpgrade(error)
            | ClientError::ResponseBodyError(error) => ErrorKind::Transport(error),
            ClientError::ErrorResponse(body) => {
                ErrorKind::ErrorResponse(Box::new(body.into_inner()))
            }
            ClientError::InvalidResponsePayload(_, error) => ErrorKind::InvalidPayload(error),
            ClientError::UnexpectedResponse(_) => ErrorKind::UnexpectedResponse,
        };
        Err(Error::new(kind, response))
    }

    /// The Discord token of the request, if it has one.
    fn discord(request: &Request) -> Option<Secret> {
        let body = request.body()?.as_bytes()?;
        // Most have none, and need not be read.
        if !body.contains_str(r#""discord""#) {
            return None;
        }
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        Some(Secret::new(body.get("discord")?.as_str()?.as_bytes()))
    }
}

impl ClientHooks<CallContext> for generated::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), ClientError<E>> {
        let headers = request.headers_mut();
        // The generator's own; the documentation does not know it.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.inner.authorization.clone());
        Ok(())
    }

    async fn exec(
        &self,
        mut request: Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        if let Some(timeout) = self.inner.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        let discord = CallContext::discord(&request);
        let mut response = self.client.execute(request).await?;
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        let (mut body, body_status, error) = read(&mut response, self.inner.body_limit).await;
        let secrets = self.inner.secrets.iter().flatten().map(|secret| &**secret);
        for secret in secrets.chain(discord.as_ref()) {
            secret.mask_headers(&mut headers);
            body = secret.mask(body, body_status != BodyStatus::Complete);
        }

        // With its address, or one would be made up; the headers nobody reads.
        let mut copy = http::Response::builder().url(response.url().clone());
        copy = copy.status(status);
        let recorded = RawResponse {
            status,
            headers,
            body: body.clone(),
            body_status,
        };
        *self.inner.recorded() = Some(recorded);
        match (error, copy.body(body)) {
            (Some(error), _) => Err(error),
            (None, Ok(copy)) => Ok(reqwest::Response::from(copy)),
            // It cannot fail: there is nothing in it that was not response.
            (None, Err(_)) => Ok(response),
        }
    }
}

/// The body up to `limit` bytes, how it ended, and what ended it early.
async fn read(
    response: &mut reqwest::Response,
    limit: usize,
) -> (Bytes, BodyStatus, Option<reqwest::Error>) {
    let mut body = BytesMut::new();
    let (end, error) = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk.slice(..room));
                    break (BodyStatus::TooLarge(limit), None);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break (BodyStatus::Complete, None),
            Err(error) => break (BodyStatus::Truncated, Some(error)),
        }
    };
    (body.freeze(), end, error)
}
