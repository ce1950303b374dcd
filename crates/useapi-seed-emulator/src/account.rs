//! Midjourney accounts, one for a Discord channel, and their secrets.

use serde::{Deserialize, Deserializer};

/// How many slots an account has by default.
pub(crate) const MAX_JOBS: usize = 3;

/// Whether an account has a moderation message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Moderation {
    /// No message.
    #[default]
    Clear,
    /// A message is pending that the service has not found yet.
    Unnoticed,
    /// The service has found the message: every call is rejected.
    Halted,
}

/// A Midjourney account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Account {
    /// ID of its Discord channel.
    #[serde(deserialize_with = "channel_id")]
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9]+$")))]
    pub(crate) channel: String,
    /// Its current Discord token.
    pub(crate) discord: Option<String>,
    /// The `replyUrl` of jobs that name none themselves.
    pub(crate) reply_url: Option<String>,
    /// How many jobs may execute at the same time.
    #[serde(default = "max_jobs")]
    pub(crate) max_jobs: usize,
    /// What Midjourney's moderation has to say to it.
    #[serde(default)]
    pub(crate) moderation: Moderation,
}

fn channel_id<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Channel::deserialize(input).map(|Channel(id)| id)
}

/// The ID of a Discord channel.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("pattern" = "^[0-9]+$")))]
pub(crate) struct Channel(pub(crate) String);

impl TryFrom<String> for Channel {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let channel = digits.then_some(Self(id));
        channel.ok_or("the ID of a channel consists of digits")
    }
}

fn max_jobs() -> usize {
    MAX_JOBS
}

/// A `discord` value in responses: its first and last three characters. A shorter one
/// is hidden completely.
pub(crate) fn masked(discord: &str) -> String {
    const SHOWN: usize = 3;
    let count = discord.chars().count();
    if count <= 2 * SHOWN {
        return "…secured…".into();
    }
    let first: String = discord.chars().take(SHOWN).collect();
    let last: String = discord.chars().skip(count - SHOWN).collect();
    format!("{first}…secured…{last}")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn masks_keep_three_characters_at_each_end() {
        assert_eq!(masked("ABCdefghijxyz"), "ABC…secured…xyz");
        assert_eq!(masked("äöü-secret-ßéø"), "äöü…secured…ßéø");
    }

    #[test]
    fn short_value_is_hidden_completely() {
        assert_eq!(masked("ABCxyz"), "…secured…");
        assert_eq!(masked(""), "…secured…");
    }
}
