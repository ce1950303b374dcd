//! Scenarios: a file that says what is there when an emulator starts.

mod check;
mod error;
mod file;
mod world;

use std::fmt;

use jiff::Timestamp;

pub use error::ScenarioError;

use crate::clock::Pace;
use crate::faults::{Fault, Trigger};
use crate::operation::Operation;
use file::File;

/// The shipped ones, with their files.
const SHIPPED: [(&str, &str); 4] = [
    ("idle", include_str!("scenario/shipped/idle.toml")),
    (
        "busy-account",
        include_str!("scenario/shipped/busy-account.toml"),
    ),
    (
        "halted-account",
        include_str!("scenario/shipped/halted-account.toml"),
    ),
    (
        "flaky-network",
        include_str!("scenario/shipped/flaky-network.toml"),
    ),
];

/// Accounts, tokens, jobs, clock and faults, read from TOML. They add to what
/// is there without a scenario, and take the place of an account of the same
/// channel, and of the same token.
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
/// `scenario.schema.json` beside this crate's sources is the JSON Schema of the
/// file.
#[derive(Clone)]
pub struct Scenario(File);

impl fmt::Debug for Scenario {
    /// Without the tokens that it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("title", &self.0.title)
            .finish_non_exhaustive()
    }
}

impl Scenario {
    /// The names of the shipped scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.into_iter().map(|(name, _)| name)
    }

    /// The shipped scenario of this name: `idle`, `busy-account`,
    /// `halted-account` or `flaky-network`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.into_iter().find(|(known, _)| *known == name)?;
        // A test reads each of them.
        Self::from_toml(text).ok()
    }

    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, or no scenario: the error says in which line,
    /// and what was expected there. It shows no secrets.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let file = toml::from_str(text).map_err(|error| ScenarioError::file(text, &error))?;
        let scenario = Self(file);
        check::check(&scenario, text)?;
        Ok(scenario)
    }

    /// What it is about.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// When the clock starts, if the scenario says so.
    pub(crate) fn start(&self) -> Option<Timestamp> {
        Some(self.0.clock.start.as_ref()?.0)
    }

    /// How time passes, if the scenario says so.
    pub(crate) fn pace(&self) -> Option<Pace> {
        if self.0.clock.paused {
            return Some(Pace::Stopped);
        }
        let speed = self.0.clock.time_scale.as_ref()?;
        Some(Pace::Times(*speed.get_ref()))
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = (Operation, Trigger, Fault)> + '_ {
        self.0.faults.iter().map(|entry| {
            (
                *entry.operation.get_ref(),
                *entry.trigger.get_ref(),
                entry.fault.get_ref().clone(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{SHIPPED, Scenario};

    #[test]
    fn the_shipped_ones_are_scenarios() {
        let bare = "title = \"a\"\nclock.start = 2024-02-25T18:00:00Z\n";
        assert!(Scenario::from_toml(bare).unwrap().start().is_some());
        for (name, text) in SHIPPED {
            let scenario =
                Scenario::from_toml(text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert!(!scenario.title().is_empty());
            assert!(Scenario::named(name).is_some());
        }
        assert!(Scenario::named("no-such-day").is_none());
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let fault = |operation, fault| {
            format!(
                "title = \"a\"\n[[fault]]\noperation = \"{operation}\"\ntrigger = {{ next = 1 }}\nfault = {{ {fault} }}\n"
            )
        };
        for (text, line, complaint) in [
            ("title = 5".to_owned(), 1, "expected a string"),
            ("titel = \"a\"".to_owned(), 1, "unknown field `titel`"),
            ("title = \"a\"\n[clock]\ntime_scale = 0\n".to_owned(), 3, "above zero"),
            (
                "title = \"a\"\n[clock]\nstart = \"yesterday\"\n".to_owned(),
                3,
                "no time such as 2024-02-25T18:00:00Z",
            ),
            (
                "title = \"a\"\n[[account]]\nchannel = \"1\"\nmax_job = 5\n".to_owned(),
                4,
                "unknown field `max_job`",
            ),
            (
                "title = \"a\"\n[[fault]]\noperation = \"get\"\n".to_owned(),
                3,
                "unknown variant `get`, expected one of",
            ),
            (
                "title = \"a\"\n[[fault]]\noperation = \"get_job\"\ntrigger = { probability = 2.0, seed = 1 }\nfault = { kind = \"dropped\" }\n".to_owned(),
                4,
                "between 0 and 1",
            ),
            (
                fault("get_job", "kind = \"reset_after\", bytes = 5"),
                5,
                "unknown field `bytes`",
            ),
            (
                "title = \"a\"\n[[fault]]\noperation = \"get_job\"\ntrigger = { next = 1 }\nfault = { kind = \"status\", status = 99 }\n".to_owned(),
                5,
                "between 200 and 999",
            ),
        ] {
            let fault = Scenario::from_toml(&text).unwrap_err().to_string();
            assert!(fault.contains(&format!("line {line},")), "{line}: {fault}");
            assert!(fault.contains(complaint), "{complaint}: {fault}");
        }
    }
}
