//! The faults, and the operations that each applies to.

use std::time::Duration;

use axum::http::HeaderValue;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::operation::Operation;

/// What goes wrong with a call.
///
/// A fault that has no effect on a call stays pending for the next one: a field that
/// the response does not have, or has with this value, expired links where there are
/// none, the truncation of an empty body. Meanwhile, later faults that only change an
/// existing response take precedence. Those that apply earlier (a status, an HTML
/// page, a reset before, latency, expired links) wait until the first is applied. Of
/// several concurrent calls, only one is tried with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Fault {
    /// The call is not processed; the response is this status, with an error of the
    /// documented form.
    Status {
        /// The status, from 200 to 999.
        #[serde(deserialize_with = "status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 999)))]
        status: u16,
        /// The value of a `Retry-After` header, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// The call is not processed; the response is an HTML page, as from a gateway.
    Html {
        /// The status, from 200 to 999.
        #[serde(deserialize_with = "status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 999)))]
        status: u16,
    },
    /// The connection is reset before the call is processed.
    #[serde(deserialize_with = "no_fields")]
    ResetBefore,
    /// The call is processed, and the connection is reset instead of a response.
    #[serde(deserialize_with = "no_fields")]
    ResetAfter,
    /// The response is sent, and the connection, although kept alive, is reset by its
    /// next request.
    #[serde(deserialize_with = "no_fields")]
    ResetOnReuse,
    /// The call is processed, and the connection is closed after N bytes of the
    /// response's body, at the latest before its last one.
    TruncatedBody {
        /// How many bytes are sent.
        bytes: usize,
    },
    /// The call is processed, and after N bytes of the response's body nothing is
    /// sent, while the connection stays open.
    Stall {
        /// How many bytes are sent.
        bytes: usize,
    },
    /// The response's body is sent in small parts, at least one byte per second.
    Slow {
        /// In real time.
        bytes_per_second: u32,
    },
    /// The call is processed, or a callback is sent, after this delay and not before.
    /// A complete request is processed even if its sender has disconnected, as by a
    /// gateway that delivers it late. The response is sent if the sender is still
    /// connected.
    Latency {
        /// In real time.
        milliseconds: u64,
    },
    /// The response ends with an additional field: an unknown one, or a duplicate.
    ExtraField {
        /// The field's name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A field of the response has another value, of any type. Stays pending until a
    /// response has the field.
    ReplacedField {
        /// The field, as a JSON pointer: `/seed/value`.
        pointer: String,
        /// The value.
        value: Value,
    },
    /// A callback is never sent.
    #[serde(deserialize_with = "no_fields")]
    Dropped,
    /// A callback is sent twice.
    #[serde(deserialize_with = "no_fields")]
    Duplicated,
    /// A callback is sent after the next one about the same job. Not applied to the
    /// last one, which none follows.
    #[serde(deserialize_with = "no_fields")]
    Reordered,
    /// The links of the response have expired. Stays pending until a response has
    /// links.
    #[serde(deserialize_with = "no_fields")]
    ExpiredLinks,
    /// The response is complete by HTTP, but its body has at most N bytes: a
    /// truncated image.
    ShortBody {
        /// How many bytes there are.
        bytes: usize,
    },
}

/// How many faults are kept.
pub(super) const MAX_FAULTS: usize = 1000;
/// How many bytes they may have together, as JSON.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// When a fault is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the call is processed.
    Request,
    /// To an existing response.
    Response,
}

// In the order of `Operation::ALL`: the API, the image host, callbacks.
const SERVED: &[Operation] = Operation::ALL.split_at(6).0;
/// Also a response without fields: its errors have some.
const WITH_FIELDS: &[Operation] = Operation::ALL.split_at(5).0;
const WITH_LINKS: &[Operation] = Operation::ALL.split_at(2).0;

impl Fault {
    /// A status, from 200 to 999, without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }

    /// [`Fault::Latency`], in milliseconds of real time.
    #[must_use]
    pub fn latency(delay: Duration) -> Self {
        Self::Latency {
            milliseconds: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Which operations it applies to, and when.
    fn applicability(&self) -> (&'static [Operation], Phase) {
        match self {
            Self::Status { .. } | Self::Html { .. } | Self::ResetBefore => (SERVED, Phase::Request),
            Self::Latency { .. } => (&Operation::ALL, Phase::Request),
            Self::ExpiredLinks => (WITH_LINKS, Phase::Request),
            Self::Dropped | Self::Duplicated | Self::Reordered => {
                (&[Operation::Callback], Phase::Request)
            }
            Self::ExtraField { .. } | Self::ReplacedField { .. } => (WITH_FIELDS, Phase::Response),
            Self::ResetAfter
            | Self::ResetOnReuse
            | Self::TruncatedBody { .. }
            | Self::Stall { .. }
            | Self::Slow { .. }
            | Self::ShortBody { .. } => (SERVED, Phase::Response),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.applicability().1
    }

    pub(super) fn check(&self, operation: Operation) -> Result<(), FaultError> {
        if let Self::Status { status, .. } | Self::Html { status } = self {
            check_status(*status)?;
        }
        if let Self::Status {
            retry_after: Some(value),
            ..
        } = self
            && HeaderValue::from_str(value).is_err()
        {
            return Err(FaultError::RetryAfter(value.clone()));
        }
        if let Self::ReplacedField { pointer, .. } = self
            && !pointer.starts_with('/')
        {
            return Err(FaultError::Pointer(pointer.clone()));
        }
        let (applies_to, _) = self.applicability();
        if applies_to.contains(&operation) {
            return Ok(());
        }
        Err(FaultError::Unsuitable {
            fault: name(self),
            operation,
            applies_to: applies_to.to_vec(),
        })
    }

    /// Whether it has an effect on a response with this body.
    pub(crate) fn changes(&self, body: &[u8], has_links: bool) -> bool {
        match self {
            Self::TruncatedBody { .. } | Self::Stall { .. } | Self::Slow { .. } => !body.is_empty(),
            Self::ShortBody { bytes } => body.len() > *bytes,
            Self::ExtraField { .. } => body.ends_with(b"}"),
            Self::ReplacedField { pointer, value } => serde_json::from_slice::<Value>(body)
                .is_ok_and(|json| json.pointer(pointer).is_some_and(|old| old != value)),
            Self::ExpiredLinks => has_links,
            _ => true,
        }
    }

    /// Its length as JSON, which bounds the memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        serde_json::to_string(self).map_or(0, |json| json.len())
    }
}

/// Why a fault cannot be injected.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It has no effect on the operation.
    #[error("the fault `{fault}` changes nothing about `{}`: it is for {}", name(.operation), names(.applies_to))]
    #[non_exhaustive]
    Unsuitable {
        /// Its kind, as in JSON.
        fault: String,
        /// The operation.
        operation: Operation,
        /// The operations that it applies to.
        applies_to: Vec<Operation>,
    },
    /// It is for the next 0 calls.
    #[error("a fault is for the next 1 call at least, not 0")]
    Never,
    /// It is not a JSON pointer to a field.
    #[error("a JSON pointer to a field begins with `/`, unlike {0:?}")]
    Pointer(String),
    /// It is not the value of a header.
    #[error("`Retry-After` cannot be {0:?}: a header has one line of visible characters")]
    RetryAfter(String),
    /// It is not the status of a response.
    #[error("a status is between 200 and 999, not {0}")]
    Status(u16),
    /// Too many faults, or too large ones, are pending: see *Limits* on the crate's
    /// front page.
    #[error(
        "too many faults are pending: {MAX_FAULTS} are kept, of {MAX_BYTES} bytes together; clear them, or call the operations first"
    )]
    Full,
    /// It is not between 0 and 1.
    #[error("a probability is between 0 and 1, not {0}")]
    Probability(f64),
}

/// The JSON name of an operation, or the kind of a fault.
fn name(named: &impl Serialize) -> String {
    let json = serde_json::to_value(named).unwrap_or_default();
    let name = json.get("kind").unwrap_or(&json);
    name.as_str().unwrap_or_default().to_owned()
}

fn names(operations: &[Operation]) -> String {
    let names = operations
        .iter()
        .map(|operation| format!("`{}`", name(operation)));
    names.collect::<Vec<_>>().join(", ")
}

fn check_status(status: u16) -> Result<u16, FaultError> {
    let is_valid = (200..=999).contains(&status);
    is_valid.then_some(status).ok_or(FaultError::Status(status))
}

fn status<'de, D: Deserializer<'de>>(input: D) -> Result<u16, D::Error> {
    check_status(u16::deserialize(input)?).map_err(D::Error::custom)
}

/// Rejects any field beside the kind, which serde would ignore.
fn no_fields<'de, D: Deserializer<'de>>(input: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoFields {}
    NoFields::deserialize(input).map(|NoFields {}| ())
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultError, Operation};

    #[test]
    fn fault_applies_to_its_operations_only() {
        assert_eq!(Fault::Dropped.check(Operation::Callback), Ok(()));
        let error = Fault::Dropped.check(Operation::GetJob).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fault `dropped` changes nothing about `get_job`: it is for `callback`"
        );
        let extra = Fault::ExtraField {
            name: "a".to_owned(),
            value: 5.into(),
        };
        for operation in [Operation::ResetAccount, Operation::ListJobs] {
            assert_eq!(extra.check(operation), Ok(()));
        }
        extra.check(Operation::GetImage).unwrap_err();
        let error = Fault::ExpiredLinks.check(Operation::GetImage).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fault `expired_links` changes nothing about `get_image`: it is for \
             `retrieve_seed`, `get_job`"
        );
    }

    #[test]
    fn invalid_status_and_header_are_rejected() {
        let error = Fault::status(1000).check(Operation::GetJob).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a status is between 200 and 999, not 1000"
        );
        let fault = Fault::Status {
            status: 503,
            retry_after: Some("a\nb".into()),
        };
        fault.check(Operation::GetJob).unwrap_err();
    }

    #[test]
    fn pointer_without_slash_is_rejected() {
        let replaced = |pointer: &str| Fault::ReplacedField {
            pointer: pointer.to_owned(),
            value: 5.into(),
        };
        assert_eq!(replaced("/seed").check(Operation::GetJob), Ok(()));
        for pointer in ["seed", ""] {
            let error = replaced(pointer).check(Operation::GetJob);
            assert_eq!(error, Err(FaultError::Pointer(pointer.to_owned())));
        }
    }

    #[test]
    fn fault_may_have_no_effect_on_a_response() {
        let pointer = "/seed/value".to_owned();
        let replaced = Fault::ReplacedField {
            pointer,
            value: true.into(),
        };
        assert!(replaced.changes(br#"{"seed":{"value":1}}"#, false));
        for body in [
            r#"{"seed":{}}"#,
            r#"{"seed":{"value":true}}"#,
            "{}",
            "",
            "[1]",
        ] {
            assert!(!replaced.changes(body.as_bytes(), false), "{body}");
        }
        assert!(Fault::ShortBody { bytes: 2 }.changes(b"{} ", false));
        assert!(!Fault::ShortBody { bytes: 2 }.changes(b"{}", false));
        assert!(!Fault::TruncatedBody { bytes: 0 }.changes(b"", false));
        assert!(Fault::ExpiredLinks.changes(b"", true));
    }
}
