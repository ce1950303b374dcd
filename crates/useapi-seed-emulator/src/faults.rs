//! Injected faults: which calls they are applied to, and what they change.

mod effect;
mod fault;
mod plan;
mod trigger;

pub(crate) use effect::apply_fault;
pub(crate) use fault::Phase;
pub use fault::{Fault, FaultError};
pub use plan::InjectedFault;
pub(crate) use plan::{FaultPlan, Injection};
pub use trigger::Trigger;
