//! Faults on demand: which calls fare badly, and how.

mod answer;
mod plan;
mod suits;

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub(crate) use answer::spoil;
pub(crate) use plan::Plan;
pub use plan::{InjectedFault, Trigger};
pub use suits::FaultError;
use suits::check;

/// What goes wrong with a call.
///
/// One that would change nothing about a call waits for the next: a field that
/// the answer has not, or has with this value, expired links where there are
/// none, a cut of nothing. Meanwhile later ones that only change an answer that
/// is there already go first; those that come before it (a status, a page, a
/// reset before, latency, a late call, expired links) wait until the first is
/// met. Of several calls at once, one alone is tried with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Fault {
    /// It is not carried out: this status, with an error of the documented form.
    Status {
        /// The status, from 200 to 999.
        #[serde(deserialize_with = "status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 999)))]
        status: u16,
        /// The value of a `Retry-After` header, if there is to be one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// It is not carried out: a page in place of JSON, as a gateway sends it.
    Html {
        /// The status, from 200 to 999.
        #[serde(deserialize_with = "status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 999)))]
        status: u16,
    },
    /// The connection is reset before the call is carried out.
    #[serde(deserialize_with = "nothing")]
    ResetBefore,
    /// The call is carried out, and the connection is reset in place of an
    /// answer: the lost answer.
    #[serde(deserialize_with = "nothing")]
    ResetAfter,
    /// The answer comes, and the connection, although it was to be kept, is
    /// reset when the next request comes.
    #[serde(deserialize_with = "nothing")]
    ResetOnReuse,
    /// The call is carried out, and the answer ends after so many bytes of its
    /// body, or before its last one.
    TruncatedBody {
        /// How many bytes still come.
        bytes: usize,
    },
    /// The call is carried out, and after so many bytes of the answer's body
    /// nothing comes any more, while the connection stays.
    Stall {
        /// How many bytes still come.
        bytes: usize,
    },
    /// The answer's body comes in small parts, a byte a second at least.
    Slow {
        /// In real time.
        bytes_per_second: u32,
    },
    /// The call is carried out after a while; a callback is sent after it. It
    /// promises nothing about a call whose caller goes away meanwhile, as `late`
    /// does.
    Latency {
        /// In real time.
        milliseconds: u64,
    },
    /// The call is carried out after its caller has gone, as by a gateway that
    /// has the complete request and delivers it late: after this delay and not
    /// before, whether or not the connection still exists. The response is sent
    /// if the caller is still there.
    Late {
        /// In real time.
        milliseconds: u64,
    },
    /// The answer ends with one field more: an unknown one, or one that it has
    /// already and so has twice.
    ExtraField {
        /// The field's name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A field of the answer has another value, of whatever type. It waits for an
    /// answer that has the field.
    ReplacedField {
        /// The field, as a JSON pointer: `/seed/value`.
        pointer: String,
        /// The value.
        value: Value,
    },
    /// A callback is never sent.
    #[serde(deserialize_with = "nothing")]
    Dropped,
    /// A callback is sent twice.
    #[serde(deserialize_with = "nothing")]
    Duplicated,
    /// A callback is sent after the next one about the same job; not that of
    /// its end, which none follows.
    #[serde(deserialize_with = "nothing")]
    Reordered,
    /// The links of the answer have expired already. It waits for an answer that
    /// has links.
    #[serde(deserialize_with = "nothing")]
    ExpiredLinks,
    /// The answer is whole as far as HTTP goes, but its body has only so many
    /// bytes: a truncated picture.
    ShortBody {
        /// How many bytes there are.
        bytes: usize,
    },
}

impl Fault {
    /// A status, from 200 to 999, in place of an answer, without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }

    /// How large its texts and values are: as JSON, which also tells how much
    /// memory they take.
    pub(crate) fn bytes(&self) -> usize {
        let json = |value: &Value| value.to_string().len();
        match self {
            Self::ExtraField { name: text, value }
            | Self::ReplacedField {
                pointer: text,
                value,
            } => text.len() + 2 + json(value),
            Self::Status { retry_after, .. } => retry_after.as_ref().map_or(0, String::len),
            _ => 0,
        }
    }

    /// A call that is carried out after this delay in real time, although its
    /// caller may have gone: [`Fault::Late`], in whole milliseconds.
    #[must_use]
    pub fn late(delay: Duration) -> Self {
        Self::Late {
            milliseconds: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn is_status(status: u16) -> bool {
    (200..=999).contains(&status)
}

fn status<'de, D: Deserializer<'de>>(input: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(input)?;
    if is_status(status) {
        Ok(status)
    } else {
        Err(D::Error::custom(FaultError::Status(status)))
    }
}

/// What a kind without fields has beside its name. serde would take any field.
fn nothing<'de, D: Deserializer<'de>>(input: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(input).map(|Nothing {}| ())
}
