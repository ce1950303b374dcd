//! Where a submission stands, as plain data.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::Verdict;
use crate::job::{JobHandle, JobProgress};
use crate::result::SeedResult;

/// The state of a [`Submission`](crate::Submission). Store it after each step, before
/// the next one: then any process can continue from it.
///
/// ```
/// # fn main() -> Result<(), serde_json::Error> {
/// use useapi_seed::SubmissionState;
///
/// let stored = serde_json::to_string(&SubmissionState::Planned)?;
/// assert_eq!(stored, r#"{"state":"planned"}"#);
/// let restored: SubmissionState = serde_json::from_str(&stored)?;
/// if let SubmissionState::Intent(intent) = &restored {
///     println!("may start a job for another {:?}", intent.settles_in());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SubmissionState {
    /// Nothing was sent, or all that was sent has been rejected.
    Planned,
    /// A request may have been sent, and whether it started a job is unknown. Only with
    /// [`Resubmit::WhenSettled`](crate::Resubmit) or `Immediately` another one follows
    /// when no job is found.
    Intent(Intent),
    /// A job was started; each step polls it.
    Started {
        /// The job.
        job: JobHandle,
        /// Its progress at the last poll, without the body of the response.
        progress: Option<JobProgress>,
    },
    /// The job has completed.
    Completed {
        /// Its result.
        result: SeedResult,
    },
    /// The service rejected the submission, or the job failed. To try again, start
    /// from [`Planned`](Self::Planned).
    Failed {
        /// Why.
        verdict: Verdict,
    },
    /// The account was halted before or while the job ran. After a reset, start from
    /// [`Planned`](Self::Planned).
    Halted {
        /// What the service said.
        verdict: Verdict,
    },
}

/// The record of a request, made before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Intent {
    /// When it was made, in milliseconds since the Unix epoch.
    pub recorded_at: u64,
    /// For how many milliseconds from then the request may start a job.
    pub settle_time: u64,
    /// The execution that made it, and the number of its intent. No other execution
    /// sends the request.
    pub owner: String,
    /// An earlier request that may have started a job, too: of several, the last to
    /// settle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<Intent>>,
}

impl Intent {
    /// The record of a request that another program may have sent at this time, and
    /// that may start a job for this long. No submission sends it, each searches.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use useapi_seed::Intent;
    ///
    /// let intent = Intent::foreign(SystemTime::now(), Duration::from_secs(90));
    /// assert!(intent.settles_in() > Duration::from_secs(80));
    /// ```
    #[must_use]
    pub fn foreign(recorded_at: SystemTime, settle_time: Duration) -> Self {
        let since_epoch = recorded_at.duration_since(UNIX_EPOCH);
        Self {
            recorded_at: since_epoch.map_or(0, millis),
            settle_time: millis(settle_time),
            owner: "unknown".to_owned(),
            earlier: None,
        }
    }

    /// How long the request, or an earlier one, may still start a job.
    #[must_use]
    pub fn settles_in(&self) -> Duration {
        self.settles_in_at(now())
    }

    /// A clock that was put back never makes it shorter.
    pub(crate) fn settles_in_at(&self, now: u64) -> Duration {
        let age = now.saturating_sub(self.recorded_at);
        let own = Duration::from_millis(self.settle_time.saturating_sub(age));
        let earlier = self.earlier.as_ref();
        own.max(earlier.map_or(Duration::ZERO, |earlier| earlier.settles_in_at(now)))
    }

    pub(crate) fn is_settled_at(&self, now: u64) -> bool {
        self.settles_in_at(now).is_zero()
    }

    /// This intent or the earlier one: when it is settled, both are. So a stored state
    /// does not grow with each request.
    pub(crate) fn last_to_settle(mut self, now: u64) -> Self {
        match self.earlier.take() {
            Some(earlier) if earlier.settles_in_at(now) > self.settles_in_at(now) => *earlier,
            _ => self,
        }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.map_or(0, millis)
}

pub(crate) fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(recorded_at: u64, earlier: Option<Intent>) -> Intent {
        Intent {
            recorded_at,
            settle_time: 90_000,
            owner: "a".to_owned(),
            earlier: earlier.map(Box::new),
        }
    }

    #[test]
    fn intent_settles_after_its_settle_time() {
        let left = |now| intent(1_000_000, None).settles_in_at(now).as_secs();
        assert_eq!(left(1_000_000), 90);
        assert_eq!(left(1_060_000), 30);
        assert_eq!(left(1_090_000), 0);
        // The clock was put back.
        assert_eq!(left(5), 90);
    }

    #[test]
    fn intent_settles_no_earlier_than_earlier_one() {
        let earlier = intent(1_000_000, None);
        // The clock was put back.
        let later = intent(900_000, Some(earlier.clone()));
        assert_eq!(later.settles_in_at(1_030_000).as_secs(), 60);
        assert_eq!(later.last_to_settle(1_030_000), earlier);
        let later = intent(1_010_000, Some(earlier));
        assert_eq!(later.last_to_settle(1_030_000), intent(1_010_000, None));
        let mut later = intent(1_010_000, Some(intent(1_010_000, None)));
        later.owner = "b".to_owned();
        assert_eq!(later.last_to_settle(1_030_000).owner, "b");
    }

    #[test]
    fn foreign_intent_settles_by_the_clock() {
        let hour = Duration::from_secs(3_600);
        assert!(Intent::foreign(UNIX_EPOCH, hour).settles_in().is_zero());
        assert!(Intent::foreign(SystemTime::now(), hour).settles_in() > hour / 2);
    }
}
