//! Who may call: the bearer token.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::refusal::Refusal;

/// The token of the one subscriber.
pub(crate) const TOKEN: &str = "user:1234-emulator-token";
/// The token of somebody whose subscription has run out.
pub(crate) const EXPIRED_TOKEN: &str = "user:5678-expired-emulator-token";

/// Shows that a request carries the token of somebody who has paid.
pub(crate) struct Subscriber;

impl<S: Sync> FromRequestParts<S> for Subscriber {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match token {
            Some(TOKEN) => Ok(Self),
            Some(EXPIRED_TOKEN) => Err(Refusal::NoSubscription),
            _ => Err(Refusal::Unauthorized),
        }
    }
}
