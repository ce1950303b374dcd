//! One call: what is sent with it, and a record of what came back.
//!
//! The generated code forgets the status of some failures, so the one place
//! that sees every exchange, [`ClientHooks::exec`], writes it down here. Each
//! call has a clone of the generated client with a record of its own, so that
//! calls made at once do not read each other's.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bstr::ByteSlice;
use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, Error, OperationInfo, ResponseValue};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Request, Response};

use crate::answer::{Answer, BodyEnd, Failure, FailureKind, Received};
use crate::generated;

/// Shorter values are no secrets, and replacing them would garble the answer.
const SHORTEST_SECRET: usize = 8;
const MASK: &[u8] = b"***";

#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The value of the header; marked as sensitive.
    pub(crate) authorization: HeaderValue,
    pub(crate) body_limit: usize,
    /// Instead of the HTTP client's own.
    timeout: Option<Duration>,
    received: Arc<OnceLock<Received>>,
}

impl Call {
    pub(crate) fn new(
        authorization: HeaderValue,
        body_limit: usize,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            authorization,
            body_limit,
            timeout,
            received: Arc::default(),
        }
    }

    /// Joins what the generated code made of the exchange with the record.
    pub(crate) fn finish<T, E>(
        &self,
        outcome: Result<ResponseValue<T>, Error<E>>,
    ) -> Result<Answer<T>, Failure<E>> {
        let received = self.received.get().cloned();
        if let Some(BodyEnd::TooLarge(limit)) = received.as_ref().map(|received| received.end) {
            return Err(Failure::new(FailureKind::TooLarge(limit), received));
        }
        let kind = match (outcome, received) {
            (Ok(value), Some(received)) => return Ok(Answer::new(value.into_inner(), received)),
            (Ok(_), None) => FailureKind::InvalidRequest("the exchange was not recorded".into()),
            (Err(Error::InvalidRequest(fault) | Error::Custom(fault)), _) => {
                FailureKind::InvalidRequest(fault)
            }
            (Err(Error::CommunicationError(fault)), _) if fault.is_builder() => {
                FailureKind::InvalidRequest(fault.to_string())
            }
            (
                Err(
                    Error::CommunicationError(fault)
                    | Error::InvalidUpgrade(fault)
                    | Error::ResponseBodyError(fault),
                ),
                _,
            ) => FailureKind::Transport(fault),
            (Err(Error::ErrorResponse(body)), _) => {
                FailureKind::Refused(Box::new(body.into_inner()))
            }
            (Err(Error::InvalidResponsePayload(_, fault)), _) => FailureKind::Undecodable(fault),
            (Err(Error::UnexpectedResponse(_)), _) => FailureKind::UndescribedStatus,
        };
        Err(Failure::new(kind, self.received.get().cloned()))
    }

    /// What must not come back out: the API token, and what the request holds.
    fn secrets(&self, request: &Request) -> Vec<Vec<u8>> {
        let token = self
            .authorization
            .as_bytes()
            .strip_prefix(b"Bearer ")
            .map(<[u8]>::to_vec);
        let discord = request
            .body()
            .and_then(|body| body.as_bytes())
            .and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok())
            .and_then(|body| Some(body.get("discord")?.as_str()?.as_bytes().to_vec()));
        token
            .into_iter()
            .chain(discord)
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
            .flat_map(|secret| spellings(&secret))
            .collect()
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
        let secrets = self.inner.secrets(&request);
        let mut response = self.client.execute(request).await?;
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        let (body, end, fault) = read(&mut response, self.inner.body_limit).await;
        mask_headers(&mut headers, &secrets);
        let body = mask(body, &secrets);

        let mut copy = http::Response::new(body.clone());
        *copy.status_mut() = status;
        *copy.headers_mut() = headers.clone();
        // A call makes one exchange, so the record is still empty.
        let _ = self.inner.received.set(Received {
            status,
            headers,
            body,
            end,
        });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Response::from(copy)),
        }
    }
}

/// A secret as it is, as a JSON string holds it, and as an address does.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let json = serde_json::Value::from(String::from_utf8_lossy(secret)).to_string();
    let address: String = url::form_urlencoded::byte_serialize(secret).collect();
    let mut spellings = vec![
        secret.to_vec(),
        json.trim_matches('"').as_bytes().to_vec(),
        address.into_bytes(),
    ];
    spellings.dedup();
    spellings
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

fn mask(body: Bytes, secrets: &[Vec<u8>]) -> Bytes {
    secrets.iter().fold(body, |body, secret| {
        if body.contains_str(secret) {
            Bytes::from(body.replace(secret, MASK))
        } else {
            body
        }
    })
}

fn mask_headers(headers: &mut HeaderMap, secrets: &[Vec<u8>]) {
    for value in headers.values_mut() {
        if secrets
            .iter()
            .any(|secret| value.as_bytes().contains_str(secret))
        {
            *value = HeaderValue::from_static("***");
        }
    }
}
