//! Which call meets which fault.

use fastrand::Rng;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Fault, FaultError};
use crate::operation::Operation;

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum When {
    /// The next so many, at least one. Of several faults that wait for the same call, the one
    /// that came first takes it.
    Next(u32),
    /// Any, with a probability between 0 and 1. Which ones is the same at every
    /// start, given the same seed and calls.
    Chance {
        /// How likely it is.
        #[serde(deserialize_with = "probability")]
        #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
        probability: f64,
        /// Where its random numbers begin.
        seed: u64,
    },
}

fn probability<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    let probability = f64::deserialize(input)?;
    if is_probability(probability) {
        Ok(probability)
    } else {
        Err(D::Error::custom(FaultError::Probability(probability)))
    }
}

pub(super) fn is_probability(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

/// A fault that was asked for, and how often it has happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FaultCount {
    /// The calls it is for.
    pub operation: Operation,
    /// Which of them; of [`When::Next`], as it was asked for.
    pub when: When,
    /// The fault.
    pub fault: Fault,
    /// How many calls have met it.
    pub used: u64,
}

/// All that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rules: Vec<Rule>,
    /// How many there have been.
    count: u64,
}

/// A fault that a call meets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    rule: u64,
    pub(crate) fault: Fault,
}

#[derive(Debug)]
struct Rule {
    number: u64,
    count: FaultCount,
    random: Rng,
}

impl Plan {
    pub(crate) fn add(&mut self, operation: Operation, when: When, fault: Fault) {
        let seed = match when {
            When::Next(_) => 0,
            When::Chance { seed, .. } => seed,
        };
        self.count += 1;
        self.rules.push(Rule {
            number: self.count,
            count: FaultCount {
                operation,
                when,
                fault,
                used: 0,
            },
            random: Rng::with_seed(seed),
        });
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that the next call meets, if it meets one.
    pub(crate) fn draw(&mut self, operation: Operation) -> Option<Met> {
        self.rules
            .iter_mut()
            .filter(|rule| rule.count.operation == operation)
            .find_map(Rule::draw)
    }

    /// Another call is to meet it: this one gave it no occasion.
    pub(crate) fn take_back(&mut self, met: &Met) {
        let mut rules = self.rules.iter_mut();
        if let Some(rule) = rules.find(|rule| rule.number == met.rule) {
            rule.count.used = rule.count.used.saturating_sub(1);
        }
    }

    pub(crate) fn counts(&self) -> Vec<FaultCount> {
        self.rules.iter().map(|rule| rule.count.clone()).collect()
    }
}

impl Rule {
    fn draw(&mut self) -> Option<Met> {
        let meets = match self.count.when {
            When::Next(calls) => self.count.used < calls.into(),
            When::Chance { probability, .. } => self.random.f64() < probability,
        };
        if !meets {
            return None;
        }
        self.count.used += 1;
        Some(Met {
            rule: self.number,
            fault: self.count.fault.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Operation, Plan, When};

    #[test]
    fn faults_that_wait_for_calls_take_turns() {
        let mut plan = Plan::default();
        plan.add(Operation::GetJob, When::Next(2), Fault::ResetAfter);
        plan.add(Operation::GetJob, When::Next(1), Fault::ExpiredLinks);
        assert_eq!(plan.draw(Operation::RetrieveSeed), None);
        let met = plan.draw(Operation::GetJob).unwrap();
        plan.take_back(&met);
        let drawn = [(); 4].map(|()| plan.draw(Operation::GetJob).map(|met| met.fault));
        let expected = [
            Some(Fault::ResetAfter),
            Some(Fault::ResetAfter),
            Some(Fault::ExpiredLinks),
            None,
        ];
        assert_eq!(drawn, expected);
        let used: Vec<_> = plan.counts().iter().map(|count| count.used).collect();
        assert_eq!(used, [2, 1]);
    }

    #[test]
    fn chance_is_the_same_at_every_start() {
        let drawn = |seed| {
            let mut plan = Plan::default();
            let when = When::Chance {
                probability: 0.25,
                seed,
            };
            plan.add(Operation::GetJob, when, Fault::ResetBefore);
            (0..1000)
                .map(|_| plan.draw(Operation::GetJob).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let share = drawn(1).iter().filter(|met| **met).count();
        assert!((200..300).contains(&share), "{share}");
    }
}
