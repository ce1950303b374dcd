//! Midjourney accounts, one for a Discord channel, and their secrets.

use serde::Deserialize;

/// How many jobs an account may have executing, unless it is told otherwise.
pub(crate) const MAX_JOBS: usize = 3;

/// What Midjourney's moderation has to say to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Moderation {
    /// Nothing.
    #[default]
    Clear,
    /// A message is pending that the service has not come upon yet.
    Unnoticed,
    /// The service has found the message: every call is refused.
    Halted,
}

/// What is configured for a channel.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) channel: String,
    pub(crate) discord: Option<String>,
    pub(crate) reply_url: Option<String>,
    pub(crate) max_jobs: usize,
    pub(crate) moderation: Moderation,
}

/// A `discord` value as answers show it: its first three and last three
/// characters. One that is too short to hide anything is hidden whole.
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
    fn short_values_are_hidden_whole() {
        assert_eq!(masked("ABCxyz"), "…secured…");
        assert_eq!(masked(""), "…secured…");
    }
}
