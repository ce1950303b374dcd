//! API tokens.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::redaction::is_valid_token;

/// What the holder of a token has paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Subscription {
    /// Everything.
    #[default]
    Active,
    /// It has expired: 402.
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
    if is_valid_token(&text) {
        return Ok(text);
    }
    // It is not shown: it is a secret.
    let problem = "a token has at least eight characters, of ASCII, without spaces";
    Err(D::Error::custom(problem))
}

/// The token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
