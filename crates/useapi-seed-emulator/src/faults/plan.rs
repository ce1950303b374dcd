//! Which call meets which fault.

use std::sync::Arc;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::{Fault, FaultError, check};
use crate::operation::Operation;

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "TriggerFields", into = "TriggerFields")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "TriggerFields"))]
#[non_exhaustive]
pub enum Trigger {
    /// The next N calls, at least one. Of several faults that wait for the same
    /// call, the earliest is applied.
    Next(u32),
    /// Each call with a probability. The same seed and calls give the same faults
    /// at every start. Where the fault has no effect on a call, no other fault
    /// takes its place.
    Probability {
        /// Between 0 and 1.
        probability: f64,
        /// Seed of the random numbers.
        seed: u64,
    },
}

/// Which calls a fault is for: either `next`, or `probability` with or without
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

impl TryFrom<TriggerFields> for Trigger {
    type Error = String;

    fn try_from(fields: TriggerFields) -> Result<Self, String> {
        match fields {
            TriggerFields {
                next: Some(calls),
                probability: None,
                seed: None,
            } => Ok(Self::Next(calls)),
            TriggerFields {
                next: None,
                probability: Some(probability),
                seed,
            } if is_probability(probability) => Ok(Self::Probability {
                probability,
                seed: seed.unwrap_or_default(),
            }),
            TriggerFields {
                next: None,
                probability: Some(probability),
                ..
            } => Err(FaultError::Probability(probability).to_string()),
            _ => Err("a trigger is either `next`, or `probability` and `seed`".to_owned()),
        }
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

pub(super) fn is_probability(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

/// A fault that was asked for, and how often it has happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InjectedFault {
    /// The calls it is for.
    pub operation: Operation,
    /// Which of them; of [`Trigger::Next`], as it was asked for.
    pub trigger: Trigger,
    /// The fault.
    pub fault: Fault,
    /// How many calls have met it.
    pub hits: u64,
}

/// How many faults are kept.
pub(super) const MOST: usize = 1000;
/// How many bytes their texts and values may have together, as JSON.
pub(super) const BYTES: usize = 1024 * 1024;

/// All that were asked for, within these limits.
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
    /// Shared by all calls that meet it, as it may be large.
    pub(crate) fault: Arc<Fault>,
}

#[derive(Debug)]
struct Rule {
    number: u64,
    operation: Operation,
    trigger: Trigger,
    fault: Arc<Fault>,
    hits: u64,
    random: Rng,
}

impl Plan {
    /// From now on, calls of an operation meet a fault, if they can.
    pub(crate) fn add(
        &mut self,
        operation: Operation,
        trigger: Trigger,
        fault: Fault,
    ) -> Result<(), FaultError> {
        check(operation, trigger, &fault)?;
        self.make_room(fault.bytes())?;
        let seed = match trigger {
            Trigger::Next(_) => 0,
            Trigger::Probability { seed, .. } => seed,
        };
        self.count += 1;
        self.rules.push(Rule {
            number: self.count,
            operation,
            trigger,
            fault: Arc::new(fault),
            hits: 0,
            random: Rng::with_seed(seed),
        });
        Ok(())
    }

    /// Forgets the oldest of those that no call can meet any more, as long as
    /// there is no room. Those that wait are never forgotten.
    fn make_room(&mut self, bytes: usize) -> Result<(), FaultError> {
        let mut kept: usize = self.rules.iter().map(|rule| rule.fault.bytes()).sum();
        while self.rules.len() >= MOST || kept + bytes > BYTES {
            let oldest = self.rules.iter().position(Rule::is_used_up);
            let oldest = oldest.ok_or(FaultError::Full)?;
            kept -= self.rules.remove(oldest).fault.bytes();
        }
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that the next call meets, if it meets one.
    pub(crate) fn draw(&mut self, operation: Operation) -> Option<Met> {
        self.rules
            .iter_mut()
            .filter(|rule| rule.operation == operation)
            .find_map(Rule::draw)
    }

    /// The fault that the call meets in place of one that it gave no occasion,
    /// which waits for another call: one of those that came after it and still
    /// fit.
    pub(crate) fn draw_instead(
        &mut self,
        unused: &Met,
        fits: impl Fn(&Fault) -> bool,
    ) -> Option<Met> {
        let mut rules = self.rules.iter_mut();
        // There is none when all were forgotten meanwhile.
        let waiting = rules.find(|rule| rule.number == unused.rule)?;
        waiting.hits = waiting.hits.saturating_sub(1);
        rules
            .filter(|rule| rule.operation == waiting.operation && fits(&rule.fault))
            .find_map(Rule::draw)
    }

    pub(crate) fn counts(&self) -> Vec<InjectedFault> {
        self.rules.iter().map(Rule::count).collect()
    }
}

impl Rule {
    fn is_used_up(&self) -> bool {
        matches!(self.trigger, Trigger::Next(calls) if self.hits >= calls.into())
    }

    fn draw(&mut self) -> Option<Met> {
        let meets = match self.trigger {
            Trigger::Next(_) => !self.is_used_up(),
            Trigger::Probability { probability, .. } => self.random.f64() < probability,
        };
        if !meets {
            return None;
        }
        self.hits += 1;
        Some(Met {
            rule: self.number,
            fault: Arc::clone(&self.fault),
        })
    }

    fn count(&self) -> InjectedFault {
        InjectedFault {
            operation: self.operation,
            trigger: self.trigger,
            fault: Fault::clone(&self.fault),
            hits: self.hits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, BYTES, Fault, FaultError, MOST, Operation, Plan, Trigger};

    #[test]
    fn faults_that_wait_for_calls_take_turns() {
        let mut plan = Plan::default();
        for (calls, fault) in [(2, Fault::ResetAfter), (1, Fault::ExpiredLinks)] {
            let added = plan.add(Operation::GetJob, Trigger::Next(calls), fault);
            assert_eq!(added, Ok(()));
        }
        assert_eq!(plan.draw(Operation::RetrieveSeed), None);
        let drawn = [(); 4].map(|()| plan.draw(Operation::GetJob).map(|met| met.fault));
        let expected = [
            Some(Fault::ResetAfter),
            Some(Fault::ResetAfter),
            Some(Fault::ExpiredLinks),
            None,
        ];
        assert_eq!(drawn, expected.map(|fault| fault.map(Arc::new)));
        let hits: Vec<_> = plan.counts().iter().map(|count| count.hits).collect();
        assert_eq!(hits, [2, 1]);
    }

    fn added(bytes: usize) -> Fault {
        Fault::ExtraField {
            name: String::new(),
            value: "x".repeat(bytes).into(),
        }
    }

    #[test]
    fn plan_forgets_used_up_faults_only() {
        let mut plan = Plan::default();
        let add = |plan: &mut Plan, calls, fault| {
            plan.add(Operation::GetJob, Trigger::Next(calls), fault)
        };
        for _ in 0..MOST {
            assert_eq!(add(&mut plan, 1, Fault::ResetAfter), Ok(()));
        }
        let full = Err(FaultError::Full);
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), full);
        assert!(plan.draw(Operation::GetJob).is_some());
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), Ok(()));
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), full);
        assert_eq!(plan.counts().len(), MOST);
        assert!(plan.counts().iter().all(|count| count.hits == 0));

        plan.clear();
        // Of the name two quotes, and as many of the value.
        assert_eq!(add(&mut plan, 1, added(BYTES - 4 - 99)), Ok(()));
        assert_eq!(add(&mut plan, 1, added(96)), full);
        assert_eq!(add(&mut plan, 1, added(95)), Ok(()));
        assert_eq!(plan.counts().len(), 2);
        assert!(plan.draw(Operation::GetJob).is_some());
        assert_eq!(add(&mut plan, 1, added(96)), Ok(()));
        assert_eq!(plan.counts().len(), 2);
        assert_eq!(add(&mut plan, 1, added(BYTES)), full);
    }

    #[test]
    fn a_fault_without_occasion_lets_later_ones_come_first() {
        let mut plan = Plan::default();
        for (operation, fault) in [
            (Operation::GetJob, Fault::ResetAfter),
            (Operation::GetJob, Fault::ExpiredLinks),
            (Operation::ListJobs, Fault::ResetOnReuse),
            (Operation::GetJob, Fault::ResetBefore),
            (Operation::GetJob, Fault::ResetOnReuse),
        ] {
            assert_eq!(plan.add(operation, Trigger::Next(1), fault), Ok(()));
        }
        let first = plan.draw(Operation::GetJob).unwrap();
        let second = plan.draw(Operation::GetJob).unwrap();
        let later = |fault: &Fault| *fault != Fault::ResetBefore;
        let instead = plan.draw_instead(&second, later).unwrap();
        assert_eq!(*instead.fault, Fault::ResetOnReuse);
        assert_eq!(plan.draw(Operation::GetJob), Some(second));
        assert_eq!(plan.draw_instead(&first, later), None);
        let hits: Vec<_> = plan.counts().iter().map(|count| count.hits).collect();
        assert_eq!(hits, [0, 1, 0, 0, 1]);
        plan.clear();
        assert_eq!(plan.draw_instead(&first, later), None);
    }

    #[test]
    fn random_faults_are_the_same_at_every_start() {
        let drawn = |seed| {
            let mut plan = Plan::default();
            let trigger = Trigger::Probability {
                probability: 0.25,
                seed,
            };
            let added = plan.add(Operation::GetJob, trigger, Fault::ResetBefore);
            assert_eq!(added, Ok(()));
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
