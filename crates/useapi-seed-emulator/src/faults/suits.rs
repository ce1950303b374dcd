//! Which faults an operation can have.

use axum::http::HeaderValue;
use serde::Serialize;
use serde_json::Value;

use super::plan::{BYTES, MOST, is_probability};
use super::{Fault, Trigger, is_status};
use crate::operation::Operation;

/// Why a fault cannot be asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It would change nothing.
    #[error("the fault `{fault}` changes nothing about `{}`: it is for {}", word(.operation), words(.suits))]
    #[non_exhaustive]
    Unsuitable {
        /// Its kind, as in a scenario.
        fault: String,
        /// The operation.
        operation: Operation,
        /// The operations that it is for.
        suits: Vec<Operation>,
    },
    /// It is for the next no calls.
    #[error("a fault of the next 0 calls meets no call: at least 1")]
    Never,
    /// No header can have this value.
    #[error("`Retry-After` cannot be {0:?}: a header has one line of visible characters")]
    RetryAfter(String),
    /// No answer has such a status.
    #[error("a status is between 200 and 999, not {0}")]
    Status(u16),
    /// There are as many as are kept, or as large: see *Limits* on the crate's
    /// front page.
    #[error(
        "no more faults can wait: {MOST} are kept, of {BYTES} bytes together; clear them, or let calls meet them first"
    )]
    Full,
    /// It is not between 0 and 1.
    #[error("a probability is between 0 and 1, not {0}")]
    Probability(f64),
}

/// Whether calls of an operation can meet a fault.
pub(super) fn check(
    operation: Operation,
    trigger: Trigger,
    fault: &Fault,
) -> Result<(), FaultError> {
    if trigger == Trigger::Next(0) {
        return Err(FaultError::Never);
    }
    if let Fault::Status {
        retry_after: Some(value),
        ..
    } = fault
        && HeaderValue::from_str(value).is_err()
    {
        return Err(FaultError::RetryAfter(value.clone()));
    }
    if let Trigger::Probability { probability, .. } = trigger
        && !is_probability(probability)
    {
        return Err(FaultError::Probability(probability));
    }
    if let Fault::Status { status, .. } | Fault::Html { status } = *fault
        && !is_status(status)
    {
        return Err(FaultError::Status(status));
    }
    if fault.suits(operation) {
        return Ok(());
    }
    let suits = Operation::ALL.into_iter().filter(|one| fault.suits(*one));
    Err(FaultError::Unsuitable {
        fault: word(fault),
        operation,
        suits: suits.collect(),
    })
}

fn words(operations: &[Operation]) -> String {
    let words = operations.iter().map(|one| format!("`{}`", word(one)));
    words.collect::<Vec<_>>().join(", ")
}

/// What it is called in a scenario.
fn word(named: &impl Serialize) -> String {
    let json = serde_json::to_value(named).unwrap_or_default();
    let word = json.get("kind").unwrap_or(&json);
    word.as_str().map(ToOwned::to_owned).unwrap_or_default()
}

impl Fault {
    fn suits(&self, operation: Operation) -> bool {
        use Operation::{Callback, GetImage, GetJob, RetrieveSeed};
        match self {
            Self::Dropped | Self::Duplicated | Self::Reordered => operation == Callback,
            Self::Latency { .. } => true,
            Self::Status { .. }
            | Self::Html { .. }
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::ResetOnReuse
            | Self::TruncatedBody { .. }
            | Self::Stall { .. }
            | Self::Slow { .. }
            | Self::Late { .. }
            | Self::ShortBody { .. } => operation != Callback,
            // Also for what is answered without fields: its errors have some.
            Self::ExtraField { .. } | Self::ReplacedField { .. } => {
                !matches!(operation, Callback | GetImage)
            }
            Self::ExpiredLinks => matches!(operation, RetrieveSeed | GetJob),
        }
    }

    /// Whether it is of no consequence before the answer is there, so that a call
    /// that has its answer can still meet it.
    pub(crate) fn can_come_last(&self) -> bool {
        match self {
            Self::ResetAfter
            | Self::ResetOnReuse
            | Self::TruncatedBody { .. }
            | Self::Stall { .. }
            | Self::Slow { .. }
            | Self::ShortBody { .. }
            | Self::ExtraField { .. }
            | Self::ReplacedField { .. } => true,
            Self::Status { .. }
            | Self::Html { .. }
            | Self::ResetBefore
            | Self::Latency { .. }
            | Self::Late { .. }
            | Self::ExpiredLinks
            | Self::Dropped
            | Self::Duplicated
            | Self::Reordered => false,
        }
    }

    /// Whether it changes anything about this answer, whose body is as it would
    /// be sent. What has no field of the name, no link, or fewer bytes gives it
    /// no occasion.
    pub(crate) fn changes(&self, body: &[u8], has_links: bool) -> bool {
        match self {
            Self::TruncatedBody { .. } | Self::Stall { .. } | Self::Slow { .. } => !body.is_empty(),
            Self::ShortBody { bytes } => body.len() > *bytes,
            Self::ExtraField { .. } => body.ends_with(b"}"),
            Self::ReplacedField { pointer, value } => serde_json::from_slice::<Value>(body)
                .is_ok_and(|json| json.pointer(pointer).is_some_and(|now| now != value)),
            Self::ExpiredLinks => has_links,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Operation, Trigger, check};

    #[test]
    fn what_cannot_be_is_refused_with_what_could() {
        let next = Trigger::Next(1);
        assert_eq!(check(Operation::Callback, next, &Fault::Dropped), Ok(()));
        let error = check(Operation::GetJob, next, &Fault::Dropped).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fault `dropped` changes nothing about `get_job`: it is for `callback`"
        );
        let added = Fault::ExtraField {
            name: "a".to_owned(),
            value: 5.into(),
        };
        for operation in [Operation::ResetAccount, Operation::ListJobs] {
            assert_eq!(check(operation, next, &added), Ok(()));
        }
        check(Operation::GetImage, next, &added).unwrap_err();
        let error = check(Operation::GetImage, next, &Fault::ExpiredLinks).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fault `expired_links` changes nothing about `get_image`: it is for \
             `retrieve_seed`, `get_job`"
        );
        let error = check(Operation::GetJob, next, &Fault::status(1000)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a status is between 200 and 999, not 1000"
        );
        let fault = Fault::Status {
            status: 503,
            retry_after: Some("a\nb".into()),
        };
        check(Operation::GetJob, next, &fault).unwrap_err();
        check(Operation::GetJob, Trigger::Next(0), &Fault::ResetBefore).unwrap_err();
        for probability in [-0.1, 1.1, f64::NAN] {
            let trigger = Trigger::Probability {
                probability,
                seed: 0,
            };
            check(Operation::GetJob, trigger, &Fault::ResetBefore).unwrap_err();
        }
    }

    #[test]
    fn an_answer_may_give_no_occasion() {
        let pointer = "/seed/value".to_owned();
        let retyped = Fault::ReplacedField {
            pointer,
            value: true.into(),
        };
        assert!(retyped.changes(br#"{"seed":{"value":1}}"#, false));
        for body in [
            r#"{"seed":{}}"#,
            r#"{"seed":{"value":true}}"#,
            "{}",
            "",
            "[1]",
        ] {
            assert!(!retyped.changes(body.as_bytes(), false), "{body}");
        }
        assert!(Fault::ShortBody { bytes: 2 }.changes(b"{} ", false));
        assert!(!Fault::ShortBody { bytes: 2 }.changes(b"{}", false));
        assert!(!Fault::TruncatedBody { bytes: 0 }.changes(b"", false));
        assert!(Fault::ExpiredLinks.changes(b"", true));
    }
}
