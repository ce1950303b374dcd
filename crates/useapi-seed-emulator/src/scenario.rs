//! Scenarios: TOML files with the initial state of an emulator.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::access::Token;
use crate::account::{Account, Channel};
use crate::clock::{Time, TimeScale};
use crate::faults::Injection;
use crate::initial_state::InitialState;
use crate::parent::ParentJob;
use crate::samples::{completed, later, world};
use crate::seed_job::DURATION;

const NAMES: [&str; 4] = ["idle", "busy-account", "halted-account", "flaky-network"];

/// Why a text is not a scenario.
///
/// It shows names of fields and jobs, and parts of faults. Any other value could be
/// a secret, also where none belongs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is not TOML, or a value is invalid.
    #[error("line {line}, column {column}: {message}")]
    #[non_exhaustive]
    Invalid {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong, and the path of the value.
        message: String,
    },
    /// A job contradicts another part of the scenario.
    #[error("job `{job}`: {problem}")]
    #[non_exhaustive]
    Inconsistent {
        /// The job's name.
        job: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two tokens, two accounts of a channel, or two jobs are the same.
    #[error("two {0} are the same")]
    Duplicate(&'static str),
}

impl ScenarioError {
    fn invalid(text: &str, mut error: toml::de::Error) -> Self {
        let start = error.span().unwrap_or_default().start;
        let before = text.get(..start).unwrap_or_default();
        // Without it, the error shows the path in place of an excerpt.
        error.set_input(None);
        let message = without_value(error.message());
        let shown = error.to_string().replacen(error.message(), &message, 1);
        Self::Invalid {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message: shown.trim_end().replace('\n', " "),
        }
    }
}

/// Removes the value that serde quotes before what it expected. An unknown field
/// stays if it can be a typo.
fn without_value(message: &str) -> String {
    let expected = message.rfind(", expected ");
    let expected = expected.or_else(|| message.rfind(", there are no "));
    let (found, expected) = message.split_at(expected.unwrap_or(message.len()));
    let field = found.strip_prefix("unknown field ");
    let is_typo = |c: char| c.is_ascii_lowercase() || c == '_' || c == '`';
    let shown = field.is_some_and(|field| field.chars().all(is_typo));
    if expected.is_empty() || shown || !found.contains(['`', '"']) {
        return message.to_owned();
    }
    format!("invalid value{expected}")
}

/// The initial accounts, tokens, jobs, clock and faults of an emulator, read from
/// TOML. They add to the samples, and replace a sample account of the same channel and
/// an equal sample token. A time has no quotes, and `paused` takes precedence over
/// `time_scale`.
///
/// ```
/// use useapi_seed_emulator::{Emulator, Scenario};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scenario = Scenario::from_toml(
///     r#"
///     title = "A lighthouse, and a gateway that fails twice"
///
///     [[job]]
///     name = "lighthouse"
///     verb = "imagine"
///     prompt = "a lighthouse at dusk"
///     seed = 3204441961
///     channel = "1114555266835431444"
///
///     [[fault]]
///     operation = "retrieve_seed"
///     trigger = { next = 2 }
///     fault = { kind = "html", status = 502 }
///     "#,
/// )?;
/// let emulator = Emulator::builder().scenario(scenario).start().await?;
/// assert!(emulator.job("lighthouse").is_some());
/// assert_eq!(emulator.faults().len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// `scenario.schema.json` beside this crate's sources is its JSON Schema.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "The initial state of an emulator.")
)]
pub struct Scenario {
    /// What the scenario is about.
    title: String,
    /// How time passes.
    clock: Clock,
    /// API tokens that are accepted.
    token: Vec<Token>,
    /// Midjourney accounts, each in a channel of its own.
    account: Vec<Account>,
    /// Jobs whose seed can be requested.
    job: Vec<Job>,
    /// Seed jobs that are executing.
    executing: Vec<ExecutingSeed>,
    /// Faults that are injected.
    fault: Vec<Injection>,
}

/// How time passes on the emulator's clock.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Clock {
    /// What it shows at the start: `2024-02-25T18:00:00Z`.
    start: Option<Time>,
    /// How many seconds pass while one passes in reality.
    time_scale: Option<TimeScale>,
    /// Whether it is paused until it is advanced. Takes precedence over
    /// `time_scale`.
    paused: bool,
}

/// A job whose seed can be requested, or cannot.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Job {
    /// Its name here and in tests; its ID is made from time and channel.
    name: String,
    /// `imagine`, `button`, `blend`, or one without a seed.
    verb: String,
    /// Its status; defaults to `completed`.
    status: Option<String>,
    /// Its prompt, with its parameters: responses show them in `content`, and
    /// `prompt` without them.
    prompt: Option<String>,
    /// Its seed.
    seed: u32,
    /// ID of its Discord channel; none for a job that has lost it.
    channel: Option<Channel>,
    /// The Discord token when it was executed.
    discord: Option<String>,
    /// The `replyUrl` of its request. It is shown, not called.
    reply_url: Option<String>,
    /// The `replyRef` of its request.
    reply_ref: Option<String>,
    /// When it was created; defaults to a minute before the clock's start. It
    /// expires 31 days later.
    created: Option<Time>,
}

/// A seed job that is executing.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ExecutingSeed {
    /// Whose seed it retrieves: a job of this file, or a sample.
    job: String,
    /// How long it has been executing.
    #[serde(default, deserialize_with = "executing_seconds")]
    #[cfg_attr(test, schemars(range(max = 44)))]
    seconds: u32,
}

fn executing_seconds<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(input)?;
    if i64::from(seconds) < DURATION.as_secs() {
        return Ok(seconds);
    }
    Err(D::Error::custom("a seed job is completed after 45 seconds"))
}

impl fmt::Debug for Scenario {
    /// Without its tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scenario").field(&self.title).finish()
    }
}

impl Scenario {
    /// The names of the shipped scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter()
    }

    /// The shipped scenario of this name: `idle`, `busy-account`,
    /// `halted-account` or `flaky-network`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let text = match name {
            "idle" => include_str!("scenario/shipped/idle.toml"),
            "busy-account" => include_str!("scenario/shipped/busy-account.toml"),
            "halted-account" => include_str!("scenario/shipped/halted-account.toml"),
            "flaky-network" => include_str!("scenario/shipped/flaky-network.toml"),
            _ => return None,
        };
        // A test parses each of them.
        Self::from_toml(text).ok()
    }

    /// Parses a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Invalid`] with the location if the text is not TOML or a
    /// value is invalid, [`ScenarioError::Inconsistent`] if two jobs have one name,
    /// or a seed that is executing could not have been requested,
    /// [`ScenarioError::Duplicate`] if two tokens, accounts or jobs are the same.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let parsed = toml::from_str(text);
        let scenario: Self = parsed.map_err(|error| ScenarioError::invalid(text, error))?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), ScenarioError> {
        let inconsistent = |job: &str, problem| ScenarioError::Inconsistent {
            job: job.to_owned(),
            problem,
        };
        let (_, mut world) = world(Timestamp::UNIX_EPOCH);
        let mut names: BTreeSet<_> = world.names.keys().cloned().collect();
        for Job { name, .. } in &self.job {
            if !names.insert(name.clone()) {
                return Err(inconsistent(name, "another job has this name"));
            }
        }
        self.add_to(&mut world, Timestamp::UNIX_EPOCH);
        for (what, is_unique) in [
            ("tokens", is_unique(self.token.iter().map(|it| &it.token))),
            (
                "channels of accounts",
                is_unique(self.account.iter().map(|it| &it.channel)),
            ),
            ("IDs of jobs", is_unique(world.jobs.iter().map(|it| &it.id))),
        ] {
            if !is_unique {
                return Err(ScenarioError::Duplicate(what));
            }
        }
        for ExecutingSeed { job: name, .. } in &self.executing {
            let job = world.job(name);
            let job = job.ok_or_else(|| inconsistent(name, "no job has this name"))?;
            let requestable = job.completed() && job.has_seed() && job.channel.is_some();
            if !requestable || world.discord(job).is_none() {
                return Err(inconsistent(name, "its seed cannot be requested"));
            }
        }
        Ok(())
    }

    /// What it is about.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// When the clock starts, if the scenario says so.
    pub(crate) fn start(&self) -> Option<Timestamp> {
        self.clock.start.map(|start| start.0)
    }

    /// How time passes, if the scenario says so.
    pub(crate) fn time_scale(&self) -> Option<TimeScale> {
        let paused = self.clock.paused.then_some(TimeScale::PAUSED);
        paused.or(self.clock.time_scale)
    }

    pub(crate) fn faults(&self) -> Vec<Injection> {
        self.fault.clone()
    }

    /// Adds everything to a world whose clock starts now.
    pub(crate) fn add_to(&self, world: &mut InitialState, now: Timestamp) {
        for token in &self.token {
            world.tokens.retain(|known| known.token != token.token);
            world.tokens.push(token.clone());
        }
        for account in &self.account {
            let accounts = &mut world.accounts;
            accounts.retain(|known| known.channel != account.channel);
            accounts.push(account.clone());
        }
        for (job, number) in self.job.iter().zip(1_u32..) {
            // Milliseconds keep it apart from others, and from full seconds.
            let undated = later(now, -60_000 - i64::from(number));
            let parent = job.parent(number, job.created.map_or(undated, |created| created.0));
            world.names.insert(job.name.clone(), parent.id.clone());
            world.jobs.push(parent);
        }
        for seed in &self.executing {
            let created = later(now, -1_000 * i64::from(seed.seconds));
            let parent = world.names.get(&seed.job).cloned();
            world
                .executing
                .extend(parent.map(|parent| (parent, created)));
        }
    }
}

fn is_unique<'a>(mut values: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = BTreeSet::new();
    values.all(|value| seen.insert(value))
}

impl Job {
    fn parent(&self, number: u32, created: Timestamp) -> ParentJob {
        let message_id = 1_300_000_000_000_000_000 + u64::from(number) * 10_000_000;
        let channel = self.channel.clone().map(|Channel(id)| id);
        let id = channel.as_deref().unwrap_or_default();
        let caption = self.prompt.as_ref().unwrap_or(&self.name);
        let job = completed(created, message_id, id, caption, self.seed);
        ParentJob {
            verb: self.verb.clone(),
            status: self.status.clone().unwrap_or(job.status),
            prompt: job.prompt.filter(|_| self.prompt.is_some()),
            discord: self.discord.clone(),
            channel,
            reply_url: self.reply_url.clone(),
            reply_ref: self.reply_ref.clone(),
            ..job
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Scenario, ScenarioError};

    fn error(text: &str) -> ScenarioError {
        let error = Scenario::from_toml(text).unwrap_err();
        let shown = format!("{error} {error:?}");
        for secret in ["12-secret", "1234567812345678"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        error
    }

    const JOB: &str = "[[job]]\nname = \"a\"\nverb = \"imagine\"\nseed = 1\nchannel = \"1\"\n";

    fn fault(operation: &str, trigger: &str, fault: &str) -> String {
        format!(
            "[[fault]]\noperation = \"{operation}\"\ntrigger = {{ {trigger} }}\nfault = {{ {fault} }}\n"
        )
    }

    #[test]
    fn shipped_scenarios_parse() {
        for name in NAMES {
            let scenario = Scenario::named(name).unwrap();
            assert!(!scenario.title().is_empty(), "{name}");
        }
        assert!(Scenario::named("unknown").is_none());
    }

    #[test]
    fn invalid_value_is_located() {
        for (text, expected) in [
            (
                "title = 5",
                "line 1, column 9: invalid value, expected a string in `title`",
            ),
            (
                "titel = \"a\"",
                "line 1, column 1: unknown field `titel`, expected one of `title`",
            ),
            (
                "[clock]\ntime_scale = 0",
                "line 2, column 14: the time scale must be a finite number above zero, not 0 in `clock.time_scale`",
            ),
            (
                "[[account]]\nchannel = \"1\"\nmax_job = 5",
                "line 3, column 1: unknown field `max_job`",
            ),
            (
                "[[account]]\nchannel = \"a/b\"",
                "line 2, column 11: the ID of a channel consists of digits in `account",
            ),
            (
                &JOB.replace("\"1\"", "\"a/b\""),
                "line 5, column 11: the ID of a channel consists of digits",
            ),
            (
                "[[token]]\ntoken = \"short\"",
                "line 2, column 9: a token has at least eight characters",
            ),
            (
                "[[executing]]\njob = \"imagine\"\nseconds = 45",
                "line 3, column 11: a seed job is completed after 45 seconds",
            ),
            (
                "[[fault]]\noperation = \"get\"",
                "line 2, column 13: invalid value, expected one of `retrieve_seed`",
            ),
            (
                &fault("get_job", "probability = 2.0", "kind = \"dropped\""),
                "line 3",
            ),
            (
                &fault("get_job", "next = 1", "kind = \"reset_after\", bytes = 5"),
                "line 4, column 9: unknown field `bytes`, there are no fields",
            ),
            (
                &fault("get_job", "next = 1", "kind = \"status\", status = 99"),
                "a status is between 200 and 999, not 99",
            ),
        ] {
            let error = error(text).to_string();
            assert!(error.contains(expected), "{error}\n{expected}");
        }
    }

    #[test]
    fn contradiction_is_rejected() {
        let executing = |job: &str| format!("[[executing]]\njob = \"{job}\"\n");
        for (text, expected) in [
            (JOB.repeat(2), "job `a`: another job has this name"),
            (
                JOB.replace("\"a\"", "\"imagine\""),
                "job `imagine`: another job has this name",
            ),
            (executing("b"), "job `b`: no job has this name"),
            (executing("progress"), "its seed cannot be requested"),
            (executing("no_discord"), "its seed cannot be requested"),
            (
                "[[token]]\ntoken = \"user:12-secret\"\n".repeat(2),
                "two tokens are the same",
            ),
            (
                "[[account]]\nchannel = \"1\"\n".repeat(2),
                "two channels of accounts are the same",
            ),
            (
                ["a", "b"]
                    .map(|name| JOB.replace("\"a\"", &format!("\"{name}\"")))
                    .map(|job| job + "created = 2024-02-25T18:00:00Z\n")
                    .concat(),
                "two IDs of jobs are the same",
            ),
        ] {
            let error = error(&text).to_string();
            assert!(error.contains(expected), "{error}\n{expected}");
        }
    }

    #[test]
    fn errors_show_no_values() {
        for text in [
            "title = user:12-secret",
            "title = \"user:12-secret",
            "user:12-secret",
            "account = \"user:12-secret\"",
            "account = \"user:12-secret\\\", expected a \"",
            "token = [\"user:12-secret\"]",
            "account = [{ channel = 1234567812345678 }]",
            "account = [{ channel = \"user:12-secret\" }]",
            "token = [{ token = \"a-token-of-it\", subscription = \"user:12-secret\" }]",
            "token = [{ \"user:12-secret\" = \"active\" }]",
            "token = [{ token = \"12-secret user\" }]",
            "clock.start = \"user:12-secret\"",
            &fault(
                "get_job",
                "next = 1",
                "kind = \"dropped\", user-12-secret = 1",
            ),
        ] {
            assert!(
                matches!(error(text), ScenarioError::Invalid { .. }),
                "{text}"
            );
        }
    }

    #[test]
    fn schema_is_up_to_date() {
        let schema = schemars::schema_for!(Scenario);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scenario.schema.json");
            std::fs::write(file, &current).unwrap();
            return;
        }
        assert_eq!(
            current,
            include_str!("scenario.schema.json"),
            "update it: UPDATE_SCHEMA=1 cargo test -p useapi-seed-emulator schema"
        );
    }
}
