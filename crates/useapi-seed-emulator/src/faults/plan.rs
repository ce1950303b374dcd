//! The pending faults, and the calls that each was applied to.

use std::sync::Arc;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, FaultError, MAX_BYTES, MAX_FAULTS};
use super::trigger::Trigger;
use crate::operation::Operation;

/// A fault that is injected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Injection {
    /// Into which operation.
    pub(crate) operation: Operation,
    /// Into which of its calls.
    pub(crate) trigger: Trigger,
    /// What goes wrong.
    pub(crate) fault: Fault,
}

/// An injected fault, and how often it was applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InjectedFault {
    /// The operation.
    pub operation: Operation,
    /// Which of its calls, as injected.
    pub trigger: Trigger,
    /// The fault.
    pub fault: Fault,
    /// Number of calls that it was applied to.
    pub hits: u64,
}

/// The injected faults, in the order of injection.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    rules: Vec<Rule>,
    /// How many were injected so far.
    count: u64,
}

/// A fault that is applied to a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Triggered {
    rule: u64,
    /// Calls share it, as it may be large.
    pub(crate) fault: Arc<Fault>,
}

#[derive(Debug)]
struct Rule {
    number: u64,
    operation: Operation,
    trigger: Trigger,
    fault: Arc<Fault>,
    bytes: usize,
    hits: u64,
    random: Rng,
}

impl FaultPlan {
    pub(crate) fn add(
        &mut self,
        operation: Operation,
        trigger: Trigger,
        fault: Fault,
    ) -> Result<(), FaultError> {
        fault.check(operation)?;
        let seed = match trigger.check()? {
            Trigger::Next(_) => 0,
            Trigger::Probability { seed, .. } => seed,
        };
        let bytes = fault.bytes();
        self.free(bytes)?;
        self.count += 1;
        self.rules.push(Rule {
            number: self.count,
            operation,
            trigger,
            fault: Arc::new(fault),
            bytes,
            hits: 0,
            random: Rng::with_seed(seed),
        });
        Ok(())
    }

    /// Removes the oldest faults that can no longer be applied until another
    /// fits.
    fn free(&mut self, bytes: usize) -> Result<(), FaultError> {
        let mut kept: usize = self.rules.iter().map(|rule| rule.bytes).sum();
        while self.rules.len() >= MAX_FAULTS || kept + bytes > MAX_BYTES {
            let oldest = self.rules.iter().position(Rule::is_used_up);
            kept -= self.rules.remove(oldest.ok_or(FaultError::Full)?).bytes;
        }
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault of the next call.
    pub(crate) fn next(&mut self, operation: Operation) -> Option<Triggered> {
        self.rules
            .iter_mut()
            .filter(|rule| rule.operation == operation)
            .find_map(Rule::trigger)
    }

    /// Makes a fault that had no effect on a call pending again, and gives the call a
    /// later one that fits.
    pub(crate) fn next_after_unused(
        &mut self,
        unused: &Triggered,
        fits: impl Fn(&Fault) -> bool,
    ) -> Option<Triggered> {
        let mut rules = self.rules.iter_mut();
        // There is none when the faults were cleared meanwhile.
        let pending = rules.find(|rule| rule.number == unused.rule)?;
        pending.hits = pending.hits.saturating_sub(1);
        rules
            .filter(|rule| rule.operation == pending.operation && fits(&rule.fault))
            .find_map(Rule::trigger)
    }

    pub(crate) fn injected(&self) -> Vec<InjectedFault> {
        let injected = |rule: &Rule| InjectedFault {
            operation: rule.operation,
            trigger: rule.trigger,
            fault: Fault::clone(&rule.fault),
            hits: rule.hits,
        };
        self.rules.iter().map(injected).collect()
    }
}

impl Rule {
    fn is_used_up(&self) -> bool {
        matches!(self.trigger, Trigger::Next(calls) if self.hits >= calls.into())
    }

    fn trigger(&mut self) -> Option<Triggered> {
        let is_triggered = match self.trigger {
            Trigger::Next(_) => !self.is_used_up(),
            Trigger::Probability { probability, .. } => self.random.f64() < probability,
        };
        is_triggered.then(|| {
            self.hits += 1;
            Triggered {
                rule: self.number,
                fault: Arc::clone(&self.fault),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Fault, FaultError, FaultPlan, MAX_BYTES, MAX_FAULTS, Operation, Trigger};

    #[test]
    fn faults_are_applied_in_order_of_injection() {
        let mut plan = FaultPlan::default();
        for (calls, fault) in [(2, Fault::ResetAfter), (1, Fault::ExpiredLinks)] {
            let added = plan.add(Operation::GetJob, Trigger::Next(calls), fault);
            assert_eq!(added, Ok(()));
        }
        assert_eq!(plan.next(Operation::RetrieveSeed), None);
        let drawn = [(); 4].map(|()| {
            plan.next(Operation::GetJob)
                .map(|triggered| triggered.fault)
        });
        let expected = [
            Some(Fault::ResetAfter),
            Some(Fault::ResetAfter),
            Some(Fault::ExpiredLinks),
            None,
        ];
        assert_eq!(drawn, expected.map(|fault| fault.map(Arc::new)));
        let hits: Vec<_> = plan.injected().iter().map(|count| count.hits).collect();
        assert_eq!(hits, [2, 1]);
    }

    fn added(bytes: usize) -> Fault {
        Fault::ExtraField {
            name: String::new(),
            value: "x".repeat(bytes).into(),
        }
    }

    #[test]
    fn full_plan_forgets_used_up_faults_only() {
        let mut plan = FaultPlan::default();
        let add = |plan: &mut FaultPlan, calls, fault| {
            plan.add(Operation::GetJob, Trigger::Next(calls), fault)
        };
        for _ in 0..MAX_FAULTS {
            assert_eq!(add(&mut plan, 1, Fault::ResetAfter), Ok(()));
        }
        let full = Err(FaultError::Full);
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), full);
        assert!(plan.next(Operation::GetJob).is_some());
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), Ok(()));
        assert_eq!(add(&mut plan, 2, Fault::ExpiredLinks), full);
        assert_eq!(plan.injected().len(), MAX_FAULTS);
        assert!(plan.injected().iter().all(|count| count.hits == 0));

        plan.clear();
        let overhead = added(0).bytes();
        assert_eq!(
            add(&mut plan, 1, added(MAX_BYTES - 2 * overhead - 9)),
            Ok(())
        );
        assert_eq!(add(&mut plan, 1, added(10)), full);
        assert_eq!(add(&mut plan, 1, added(9)), Ok(()));
        assert_eq!(plan.injected().len(), 2);
        assert!(plan.next(Operation::GetJob).is_some());
        assert_eq!(add(&mut plan, 1, added(10)), Ok(()));
        assert_eq!(plan.injected().len(), 2);
        assert_eq!(add(&mut plan, 1, added(MAX_BYTES)), full);
    }

    #[test]
    fn impossible_triggers_are_rejected() {
        let add =
            |trigger| FaultPlan::default().add(Operation::GetJob, trigger, Fault::ResetBefore);
        assert_eq!(add(Trigger::Next(0)), Err(FaultError::Never));
        for probability in [-0.1, 1.1, f64::NAN] {
            let trigger = Trigger::Probability {
                probability,
                seed: 0,
            };
            assert!(add(trigger).is_err(), "{probability}");
        }
    }

    #[test]
    fn unused_fault_lets_later_ones_come_first() {
        let mut plan = FaultPlan::default();
        for (operation, fault) in [
            (Operation::GetJob, Fault::ResetAfter),
            (Operation::GetJob, Fault::ExpiredLinks),
            (Operation::ListJobs, Fault::ResetOnReuse),
            (Operation::GetJob, Fault::ResetBefore),
            (Operation::GetJob, Fault::ResetOnReuse),
        ] {
            assert_eq!(plan.add(operation, Trigger::Next(1), fault), Ok(()));
        }
        let first = plan.next(Operation::GetJob).unwrap();
        let second = plan.next(Operation::GetJob).unwrap();
        let later = |fault: &Fault| *fault != Fault::ResetBefore;
        let instead = plan.next_after_unused(&second, later).unwrap();
        assert_eq!(*instead.fault, Fault::ResetOnReuse);
        assert_eq!(plan.next(Operation::GetJob), Some(second));
        assert_eq!(plan.next_after_unused(&first, later), None);
        let hits: Vec<_> = plan.injected().iter().map(|count| count.hits).collect();
        assert_eq!(hits, [0, 1, 0, 0, 1]);
        plan.clear();
        assert_eq!(plan.next_after_unused(&first, later), None);
    }

    #[test]
    fn random_faults_are_the_same_at_every_start() {
        let drawn = |seed| {
            let mut plan = FaultPlan::default();
            let trigger = Trigger::Probability {
                probability: 0.25,
                seed,
            };
            let added = plan.add(Operation::GetJob, trigger, Fault::ResetBefore);
            assert_eq!(added, Ok(()));
            (0..1000)
                .map(|_| plan.next(Operation::GetJob).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let share = drawn(1)
            .iter()
            .filter(|is_triggered| **is_triggered)
            .count();
        assert!((200..300).contains(&share), "{share}");
    }
}
