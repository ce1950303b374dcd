//! Who may call: the bearer token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::refusal::Refusal;
use crate::secrets::can_be_token;
use crate::service::Service;

/// What the holder of a token has paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Subscription {
    /// Everything.
    #[default]
    Active,
    /// It has run out: 402.
    Expired,
}

/// An API token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Token {
    /// What follows `Bearer`: at least eight ASCII characters, without spaces.
    #[serde(deserialize_with = "token_text")]
    #[cfg_attr(test, schemars(length(min = 8), regex(pattern = "^[!-~]+$")))]
    pub(crate) token: String,
    /// Whether its holder has paid.
    #[serde(default)]
    pub(crate) subscription: Subscription,
}

fn token_text<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if can_be_token(&text) {
        return Ok(text);
    }
    // It is not shown: it is a secret.
    let problem = "a token has at least eight characters, of ASCII, without spaces";
    Err(D::Error::custom(problem))
}

/// The token that a request carries.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Shows that a request carries the token of somebody who has paid.
pub(crate) struct Subscriber;

impl FromRequestParts<Arc<Service>> for Subscriber {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers).ok_or(Refusal::Unauthorized)?;
        match service.subscription(token) {
            Some(Subscription::Active) => Ok(Self),
            Some(Subscription::Expired) => Err(Refusal::NoSubscription),
            None => Err(Refusal::Unauthorized),
        }
    }
}
