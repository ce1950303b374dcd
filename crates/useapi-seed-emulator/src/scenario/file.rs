//! The scenario's file.
//!
//! `scenario.schema.json` in the folder above is its JSON Schema (draft
//! 2020-12). A test holds the two together; after a change here, write the schema
//! anew with `UPDATE_SCHEMA=1 cargo test -p useapi-seed-emulator schema`.

use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use crate::access::Subscription;
use crate::account::{MAX_JOBS, Moderation};
use crate::clock::{Speed, can_be_shown};
use crate::faults::{Fault, Trigger};
use crate::operation::Operation;

/// What is there when an emulator starts, beside its samples.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct File {
    /// What the scenario is about.
    pub(super) title: String,
    /// How time passes.
    #[serde(default)]
    pub(super) clock: Clock,
    /// API tokens that are known.
    #[serde(default, rename = "token")]
    pub(super) tokens: Vec<Token>,
    /// Midjourney accounts, each in a channel of its own.
    #[serde(default, rename = "account")]
    pub(super) accounts: Vec<Account>,
    /// Jobs whose seed can be asked for.
    #[serde(default, rename = "job")]
    pub(super) jobs: Vec<Job>,
    /// Seed jobs that are executing.
    #[serde(default)]
    pub(super) executing: Vec<Executing>,
    /// Faults that calls meet.
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<FaultEntry>,
}

/// How time passes on the emulator's clock.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Clock {
    /// What it shows at the start: `2024-02-25T18:00:00Z`.
    pub(super) start: Option<Time>,
    /// How many seconds pass while one passes in reality.
    #[cfg_attr(test, schemars(with = "Option<Speed>"))]
    pub(super) time_scale: Option<Spanned<Speed>>,
    /// Whether it stands still until it is put forward.
    #[serde(default)]
    pub(super) paused: bool,
}

/// An API token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Token {
    /// As it stands behind `Bearer`: at least eight characters, of ASCII,
    /// without spaces.
    #[cfg_attr(
        test,
        schemars(with = "String", length(min = 8), regex(pattern = "^[!-~]+$"))
    )]
    pub(super) token: Spanned<String>,
    /// Whether its holder has paid.
    #[serde(default)]
    pub(super) subscription: Subscription,
}

/// A Midjourney account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Account {
    /// Id of its Discord channel: digits.
    #[cfg_attr(test, schemars(with = "String", regex(pattern = "^[0-9]+$")))]
    pub(super) channel: Spanned<String>,
    /// Its present Discord token.
    pub(super) discord: Option<String>,
    /// Where jobs report to that name no address themselves.
    pub(super) reply_url: Option<String>,
    /// How many jobs may execute at once.
    #[serde(default = "max_jobs")]
    pub(super) max_jobs: usize,
    /// What Midjourney's moderation has to say to it.
    #[serde(default)]
    pub(super) moderation: Moderation,
}

fn max_jobs() -> usize {
    MAX_JOBS
}

/// A job whose seed can be asked for, or cannot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Job {
    /// What it is called here and in tests; its id is made from time and
    /// channel.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(super) name: Spanned<String>,
    /// `imagine`, `button`, `blend`, or one without a seed.
    pub(super) verb: String,
    /// Its status; `completed` without this.
    #[serde(default = "completed")]
    pub(super) status: String,
    /// Its prompt, with its parameters: responses show them in `content`, and
    /// `prompt` without them.
    pub(super) prompt: Option<String>,
    /// Its seed.
    pub(super) seed: u32,
    /// Id of its Discord channel; none for a job that has lost it.
    #[cfg_attr(test, schemars(with = "Option<String>", regex(pattern = "^[0-9]+$")))]
    pub(super) channel: Option<Spanned<String>>,
    /// The Discord token of when it was executed.
    pub(super) discord: Option<String>,
    /// The `replyUrl` that it was requested with. It is shown, not called.
    pub(super) reply_url: Option<String>,
    /// The `replyRef` that it was requested with.
    pub(super) reply_ref: Option<String>,
    /// When it was made; just before the clock's start without this. It is
    /// gone 31 days later.
    #[cfg_attr(test, schemars(with = "Option<Time>"))]
    pub(super) created: Option<Spanned<Time>>,
}

fn completed() -> String {
    "completed".into()
}

/// A seed job that is executing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Executing {
    /// Whose seed it retrieves: a job of this file, or a sample.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(super) job: Spanned<String>,
    /// How long it has been executing, in seconds: less than 45, when it would
    /// be completed.
    #[serde(default = "no_seconds")]
    #[cfg_attr(test, schemars(with = "u32", range(max = 44)))]
    pub(super) seconds: Spanned<u32>,
}

fn no_seconds() -> Spanned<u32> {
    Spanned::new(0..0, 0)
}

/// A fault that calls meet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FaultEntry {
    /// Of which operation.
    #[cfg_attr(test, schemars(with = "Operation"))]
    pub(super) operation: Spanned<Operation>,
    /// Which of its calls.
    #[cfg_attr(test, schemars(with = "Trigger"))]
    pub(super) trigger: Spanned<Trigger>,
    /// What goes wrong.
    #[cfg_attr(test, schemars(with = "Fault"))]
    pub(super) fault: Spanned<Fault>,
}

/// A time, as `2024-02-25T18:00:00Z`, with or without quotes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "TimeText")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub(super) struct Time(pub(super) Timestamp);

#[derive(Deserialize)]
#[serde(untagged)]
enum TimeText {
    Quoted(String),
    Bare(toml::value::Datetime),
}

impl TryFrom<TimeText> for Time {
    type Error = String;

    fn try_from(text: TimeText) -> Result<Self, String> {
        let text = match text {
            TimeText::Quoted(text) => text,
            TimeText::Bare(time) => time.to_string(),
        };
        let time: Option<Timestamp> = text.parse().ok();
        time.filter(|time| can_be_shown(*time))
            .map(Self)
            // It is not shown: it may be a token in a wrong place.
            .ok_or_else(|| "this is no time such as 2024-02-25T18:00:00Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::File;

    const CHECKED_IN: &str = include_str!("../scenario.schema.json");

    #[test]
    fn schema_is_up_to_date() {
        let schema = schemars::schema_for!(File);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scenario.schema.json");
            std::fs::write(file, &current).unwrap();
            return;
        }
        assert_eq!(
            current, CHECKED_IN,
            "write it anew: UPDATE_SCHEMA=1 cargo test -p useapi-seed-emulator schema"
        );
    }
}
