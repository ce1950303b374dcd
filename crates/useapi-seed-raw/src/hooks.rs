//! Hooks of the generated client: they send each request, record its response and
//! redact secrets.

use bstr::ByteSlice;
use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::header::AUTHORIZATION;
use reqwest::{Request, ResponseBuilderExt};

use crate::call_context::CallContext;
use crate::generated::Client;
use crate::response::{BodyStatus, RawResponse};
use crate::secret::Secret;

impl ClientHooks<CallContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let headers = request.headers_mut();
        // Added by the generator; the API does not have it.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.inner.authorization.clone());
        if let Some(timeout) = self.inner.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        Ok(())
    }

    async fn exec(
        &self,
        request: Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let discord = discord_token(&request);
        let mut response = self.client.execute(request).await?;
        let (mut body, body_status, error) = read(&mut response, self.inner.body_limit).await;
        let mut headers = std::mem::take(response.headers_mut());
        for secret in self.inner.secrets().chain(&discord) {
            secret.mask_headers(&mut headers);
            body = secret.mask(body, body_status != BodyStatus::Complete);
        }
        let status = response.status();
        self.inner.record(RawResponse {
            status,
            headers,
            body: body.clone(),
            body_status,
        });
        if let Some(error) = error {
            return Err(error);
        }
        // The generated code reads the status and the body of this copy.
        let copy = http::Response::builder()
            .url(response.url().clone())
            .status(status)
            .body(body);
        Ok(copy.map_or(response, reqwest::Response::from))
    }
}

/// The Discord token of the request, if it has one.
fn discord_token(request: &Request) -> Option<Secret> {
    let body = request.body()?.as_bytes()?;
    // Most requests have none and need not be parsed.
    if !body.contains_str(r#""discord""#) {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(Secret::new(body.get("discord")?.as_str()?))
}

/// The body up to `limit` bytes, and the error that truncated it.
async fn read(
    response: &mut reqwest::Response,
    limit: usize,
) -> (Bytes, BodyStatus, Option<reqwest::Error>) {
    let mut body = BytesMut::new();
    let (status, error) = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > limit - body.len() => {
                body.extend_from_slice(&chunk.slice(..limit - body.len()));
                break (BodyStatus::TooLarge(limit), None);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break (BodyStatus::Complete, None),
            Err(error) => break (BodyStatus::Truncated, Some(error)),
        }
    };
    (body.freeze(), status, error)
}
