//! Which calls a fault is applied to.

use serde::{Deserialize, Serialize};

use super::fault::FaultError;

/// The calls that a fault is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "TriggerFields", into = "TriggerFields")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "TriggerFields"))]
#[non_exhaustive]
pub enum Trigger {
    /// The next N calls, at least one. Of several faults that wait for the same
    /// call, the earliest is applied.
    Next(u32),
    /// Each call with a probability. The same seed and calls give the same faults
    /// at every start. Where the fault has no effect on a call, no other fault is
    /// applied.
    Probability {
        /// Between 0 and 1.
        probability: f64,
        /// Seed of the random numbers.
        seed: u64,
    },
}

/// The JSON form: either `next`, or `probability` with or without
/// `seed`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TriggerFields {
    /// The next N calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    next: Option<u32>,
    /// Each call with this probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    probability: Option<f64>,
    /// Seed of the random numbers; defaults to 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

impl Trigger {
    pub(super) fn check(self) -> Result<Self, FaultError> {
        match self {
            Self::Next(0) => Err(FaultError::Never),
            Self::Probability { probability, .. } if !(0.0..=1.0).contains(&probability) => {
                Err(FaultError::Probability(probability))
            }
            _ => Ok(self),
        }
    }
}

impl TryFrom<TriggerFields> for Trigger {
    type Error = String;

    fn try_from(fields: TriggerFields) -> Result<Self, String> {
        let trigger = match (fields.next, fields.probability, fields.seed) {
            (Some(calls), None, None) => Self::Next(calls),
            (None, Some(probability), seed) => Self::Probability {
                probability,
                seed: seed.unwrap_or_default(),
            },
            _ => return Err("a trigger has either `next` or `probability`".to_owned()),
        };
        trigger.check().map_err(|error| error.to_string())
    }
}

impl From<Trigger> for TriggerFields {
    fn from(trigger: Trigger) -> Self {
        let (next, probability, seed) = match trigger {
            Trigger::Next(calls) => (Some(calls), None, None),
            Trigger::Probability { probability, seed } => (None, Some(probability), Some(seed)),
        };
        Self {
            next,
            probability,
            seed,
        }
    }
}
