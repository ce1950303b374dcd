//! The Discord token of a request.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Discord token: a secret of requests, which neither `Debug` nor an error prints.
///
/// ```
/// let token = useapi_seed_raw::DiscordToken::from("MTIz.secret");
/// assert_eq!(format!("{token:?}"), "DiscordToken(***)");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiscordToken(String);

impl DiscordToken {
    /// The token itself.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl From<String> for DiscordToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl From<&str> for DiscordToken {
    fn from(token: &str) -> Self {
        Self(token.to_owned())
    }
}

impl fmt::Debug for DiscordToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiscordToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_exposed_only_by_name() {
        let token = DiscordToken::from("MTIz.secret");
        assert_eq!(token.expose_secret(), "MTIz.secret");
        assert_eq!(format!("{token:?}"), "DiscordToken(***)");
    }
}
