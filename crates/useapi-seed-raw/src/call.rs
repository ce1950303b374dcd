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
use progenitor_client::{ClientHooks, Error, OperationInfo, ResponseValue};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Request, Response, ResponseBuilderExt};
use url::Url;

use crate::answer::{Answer, BodyEnd, Failure, FailureKind, Received};
use crate::generated;
use crate::secret::Secret;

#[derive(Clone, Debug)]
pub(crate) struct Call {
    base_url: Arc<Url>,
    /// The value of the header; marked as sensitive.
    pub(crate) authorization: HeaderValue,
    secrets: [Option<Arc<Secret>>; 2],
    body_limit: usize,
    /// Instead of the HTTP client's own.
    timeout: Option<Duration>,
    received: Arc<Mutex<Option<Received>>>,
}

impl Call {
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
            received: Arc::default(),
        }
    }

    /// The address of an operation, whose path begins with a slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = Url::clone(&self.base_url);
        let base = self.base_url.path().trim_end_matches('/');
        url.set_path(&[base, path].concat());
        url
    }

    fn received(&self) -> MutexGuard<'_, Option<Received>> {
        // It is set whole, or not at all.
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins what the generated code made of the exchange with the record.
    pub(crate) fn finish<T, E>(
        &self,
        outcome: Result<ResponseValue<T>, Error<E>>,
    ) -> Result<Answer<T>, Failure<E>> {
        let received = self.received().take();
        if let Some(BodyEnd::TooLarge(limit)) = received.as_ref().map(|received| received.end) {
            return Err(Failure::new(FailureKind::TooLarge(limit), received));
        }
        let (error, received) = match (outcome, received) {
            (Ok(value), Some(received)) => return Ok(Answer::new(value.into_inner(), received)),
            (Ok(_), None) => {
                let fault = FailureKind::InvalidRequest("the exchange was not recorded".into());
                return Err(Failure::new(fault, None));
            }
            (Err(error), received) => (error, received),
        };
        let kind = match error {
            Error::InvalidRequest(fault) | Error::Custom(fault) => {
                FailureKind::InvalidRequest(fault)
            }
            Error::CommunicationError(fault) if fault.is_builder() => {
                FailureKind::InvalidRequest(fault.to_string())
            }
            Error::CommunicationError(fault)
            | Error::InvalidUpgrade(fault)
            | Error::ResponseBodyError(fault) => FailureKind::Transport(fault),
            Error::ErrorResponse(body) => FailureKind::Refused(Box::new(body.into_inner())),
            Error::InvalidResponsePayload(_, fault) => FailureKind::Undecodable(fault),
            Error::UnexpectedResponse(_) => FailureKind::UndescribedStatus,
        };
        Err(Failure::new(kind, received))
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

impl ClientHooks<Call> for generated::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let headers = request.headers_mut();
        // The generator's own; the documentation does not know it.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.inner.authorization.clone());
        Ok(())
    }

    async fn exec(&self, mut request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        if let Some(timeout) = self.inner.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        let discord = Call::discord(&request);
        let mut response = self.client.execute(request).await?;
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        let (mut body, end, fault) = read(&mut response, self.inner.body_limit).await;
        let secrets = self.inner.secrets.iter().flatten().map(|secret| &**secret);
        for secret in secrets.chain(discord.as_ref()) {
            secret.mask_headers(&mut headers);
            body = secret.mask(body, end != BodyEnd::Complete);
        }

        // With its address, or one would be made up; the headers nobody reads.
        let mut copy = http::Response::builder().url(response.url().clone());
        copy = copy.status(status);
        let received = Received {
            status,
            headers,
            body: body.clone(),
            end,
        };
        *self.inner.received() = Some(received);
        match (fault, copy.body(body)) {
            (Some(fault), _) => Err(fault),
            (None, Ok(copy)) => Ok(Response::from(copy)),
            // It cannot fail: there is nothing in it that was not received.
            (None, Err(_)) => Ok(response),
        }
    }
}

/// The body up to `limit` bytes, how it ended, and what ended it early.
async fn read(response: &mut Response, limit: usize) -> (Bytes, BodyEnd, Option<reqwest::Error>) {
    let mut body = BytesMut::new();
    let (end, fault) = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk.slice(..room));
                    break (BodyEnd::TooLarge(limit), None);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break (BodyEnd::Complete, None),
            Err(fault) => break (BodyEnd::Cut, Some(fault)),
        }
    };
    (body.freeze(), end, fault)
}
