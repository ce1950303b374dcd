//! What an engine stores of an error.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::{Error, ErrorKind, RequestStatus};

/// A summary of an [`Error`] that can be stored, sent to another process and read
/// back; fields that are unknown when it is read are ignored.
///
/// It has no secrets and no body, except for the first bytes of one that
/// `message` quotes when there is no error message.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::with_emulator(async |client, emulator| {
/// # let job_id = &emulator.jobs().imagine;
/// # use useapi_seed_emulator::{Fault, Operation, Trigger};
/// # emulator.inject(Operation::RetrieveSeed, Trigger::Next(1), Fault::status(596))?;
/// use useapi_seed::{Disposition, Verdict};
///
/// let error = client.submit(job_id).await.unwrap_err();
/// let stored = serde_json::to_string(&error.verdict())?;
///
/// let verdict: Verdict = serde_json::from_str(&stored)?;
/// match verdict.disposition {
///     Disposition::Busy { retry_after_secs } => println!("retry after {retry_after_secs:?} s"),
///     Disposition::Halted { .. } => println!("pause the account: {verdict}"),
///     Disposition::Ambiguous { settles_in_secs } => println!("search for {settles_in_secs:?} s"),
///     Disposition::Started => println!("wait for {:?}", verdict.job_id),
///     Disposition::Transient { .. } => println!("retry later"),
///     Disposition::Permanent => println!("{verdict}: {}", verdict.help),
/// }
/// # assert!(matches!(verdict.disposition, Disposition::Halted { .. }));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Verdict {
    /// What may be done next.
    pub disposition: Disposition,
    /// The name of the [`ErrorKind`], such as `job_failed`; `timeout` for a request
    /// that timed out.
    pub kind: String,
    /// The error's one line.
    pub message: String,
    /// The error's [help](Error::help).
    pub help: String,
    /// The HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// Id of the job that the error is about. A job that has an id is resumed, not
    /// submitted again.
    pub job_id: Option<String>,
    /// Id of the job whose seed is retrieved.
    pub parent_job_id: Option<String>,
    /// Whether the request was sent, and whether a response was received.
    pub request_status: RequestStatus,
}

/// What may be done after an error. Seconds are rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Disposition {
    /// Nothing was started, because the account executes too many jobs. The same
    /// call may succeed later.
    Busy {
        /// The time to wait that the service asks for.
        retry_after_secs: Option<u64>,
    },
    /// The account is halted. Do not call again before its owner has reset it.
    Halted {
        /// Whether the job itself has failed.
        job_failed: bool,
    },
    /// The request may have been processed. Search for its job before submitting
    /// again.
    Ambiguous {
        /// The time, from the error on, until a search that finds no job proves
        /// that none was started.
        settles_in_secs: Option<u64>,
    },
    /// The call has started a job, which is not affected: wait for it with its id. The
    /// same call would start another one.
    Started,
    /// The same call, or another wait for the same job, may succeed later.
    Transient {
        /// The time to wait that the service asks for.
        retry_after_secs: Option<u64>,
    },
    /// The same call fails again until something is changed.
    Permanent,
}

impl Error {
    /// The summary that engines and files keep of this error.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let retry_after_secs = self.retry_after().map(rounded_up);
        let disposition = match (&self.0.kind, self.class()) {
            (&ErrorKind::Halted { job_failed }, _) => Disposition::Halted { job_failed },
            (ErrorKind::TooManyJobs { .. }, _) => Disposition::Busy { retry_after_secs },
            (_, Class::Ambiguous) => Disposition::Ambiguous {
                settles_in_secs: self.settles_in().map(rounded_up),
            },
            (_, Class::NotProcessed | Class::Transient) if self.0.has_started => {
                Disposition::Started
            }
            (_, Class::NotProcessed | Class::Transient) => {
                Disposition::Transient { retry_after_secs }
            }
            (_, Class::Permanent) => Disposition::Permanent,
        };
        Verdict {
            disposition,
            kind: self.type_name().to_owned(),
            message: self.to_string(),
            help: self.help().to_owned(),
            status: self.status().map(|status| status.as_u16()),
            job_id: self.0.job_id.clone(),
            parent_job_id: self.0.parent_job_id.clone(),
            request_status: self.0.request_status,
        }
    }
}

fn rounded_up(time: Duration) -> u64 {
    let part = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(part)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::*;
    use crate::attempts::Idempotency;

    #[test]
    fn verdict_round_trips_for_each_disposition() {
        let error = |kind| Error::new(kind, RequestStatus::ResponseReceived).with_job_id(Some("1"));
        let lost = || Error::new(ErrorKind::Transport, RequestStatus::MayHaveBeenSent);
        let too_many = ErrorKind::TooManyJobs {
            executing: vec!["2".to_owned()],
        };
        let settles_at = Instant::now().checked_add(Duration::from_secs(90));
        for (error, disposition) in [
            (
                error(too_many),
                json!({"type": "busy", "retry_after_secs": null}),
            ),
            (
                error(ErrorKind::Halted { job_failed: true }),
                json!({"type": "halted", "job_failed": true}),
            ),
            (
                lost().with_settles_at(settles_at),
                json!({"type": "ambiguous", "settles_in_secs": 90}),
            ),
            (
                lost().for_call(Idempotency::Safe),
                json!({"type": "transient", "retry_after_secs": null}),
            ),
            (
                lost().for_call(Idempotency::Safe).job_started(),
                json!({"type": "started"}),
            ),
            (error(ErrorKind::NotFound), json!({"type": "permanent"})),
        ] {
            let verdict = error.verdict();
            assert_eq!(verdict.to_string(), error.to_string());
            let mut json = serde_json::to_value(&verdict).unwrap();
            assert_eq!(json["disposition"], disposition);
            json["added_later"] = Value::Bool(true);
            json["disposition"]["added_later"] = json!([1]);
            assert_eq!(serde_json::from_value::<Verdict>(json).unwrap(), verdict);
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        let seconds = [0, 1, 1_000, 1_001].map(|millis| rounded_up(Duration::from_millis(millis)));
        assert_eq!(seconds, [0, 1, 1, 2]);
    }
}
