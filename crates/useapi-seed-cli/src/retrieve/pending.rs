//! `pending.json`: what is under way about a folder, so that another process can
//! go on after this one has died at any moment.
//!
//! It is written before the submission, once more with the started job's id, and
//! goes when the folder is whole, or the job is over.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use useapi_seed::Client;

use super::folder::Folder;
use crate::failure::Failure;
use crate::local_file;
use crate::shell;
use crate::timestamp::Timestamp;

pub(crate) const NAME: &str = "pending.json";

/// How long a process may sleep between the record of a submission and the
/// submission: half of the margin after which it counts as settled.
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// Of a record without it.
fn default_settle_time() -> u64 {
    91
}

/// What is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Pending {
    /// Id of the job whose seed is to be retrieved.
    pub(crate) job_id: String,
    /// Where it is submitted to.
    pub(crate) base_url: String,
    /// The reference that it is submitted with.
    pub(crate) reply_ref: Option<String>,
    /// When the submission began.
    pub(crate) submitted_at: Timestamp,
    /// For how many seconds from then it may still start a job: its request
    /// timeout and a margin.
    #[serde(default = "default_settle_time")]
    pub(crate) settle_time: u64,
    /// Id of the job that was started; null as long as it is not known, which is
    /// not to say that none was.
    pub(crate) started_job_id: Option<String>,
}

impl Pending {
    /// What is recorded before a submission, and before each further one.
    pub(crate) fn intent(job_id: &str, client: &Client, reply_ref: Option<&str>) -> Self {
        Self {
            job_id: job_id.to_owned(),
            base_url: client.base_url().to_owned(),
            reply_ref: reply_ref.map(str::to_owned),
            submitted_at: Timestamp::now(),
            // Both times are in whole seconds.
            settle_time: client.settle_time().as_secs().saturating_add(1),
            started_job_id: None,
        }
    }

    /// Whether the submission would come so late that others take it for settled too
    /// early. Then it is recorded again.
    pub(crate) fn is_outdated(&self) -> bool {
        self.submitted_at.age() > LONGEST_DELAY
    }

    /// How long the submission may still start a job.
    pub(crate) fn settles_in(&self) -> Duration {
        Duration::from_secs(self.settle_time).saturating_sub(self.submitted_at.age())
    }

    /// What a folder has of it.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>, Failure> {
        let path = folder.path().join(NAME);
        let text = match local_file::read(&path, local_file::OUTPUT_LIMIT) {
            Ok(text) => text,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => {
                let message = format!("cannot read {}: {fault}", path.display());
                return Err(Failure::file(message));
            }
        };
        serde_json::from_slice(&text).map(Some).map_err(|fault| {
            let message = format!("cannot understand {}: {fault}", path.display());
            let line = format!("rm {}", shell::quoted(path.as_os_str()));
            Failure::file(message)
                .suggest(
                    "It says whether a job was started for this folder. Look at it; without it, \
                     the same command submits anew:",
                    &line,
                )
                .stays()
        })
    }

    pub(crate) fn write(&self, folder: &Folder) -> Result<(), Failure> {
        folder.write_json(NAME, self)
    }

    pub(crate) fn remove(folder: &Folder) -> Result<(), Failure> {
        folder.remove(NAME)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;

    fn recorded(seconds_ago: u64) -> Pending {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        serde_json::from_value(json!({
            "job_id": "1",
            "base_url": "http://localhost/v2",
            "submitted_at": now.saturating_sub(seconds_ago),
        }))
        .unwrap()
    }

    #[test]
    fn a_record_settles_after_timeout_and_margin() {
        let left = recorded(60).settles_in().as_secs();
        assert!((29..=31).contains(&left), "{left}");
        assert_eq!(recorded(92).settles_in(), Duration::ZERO);
        // A clock that was put back makes nobody wait longer than that.
        let from_the_future = Pending {
            submitted_at: serde_json::from_value(json!(u64::MAX)).unwrap(),
            ..recorded(0)
        };
        assert_eq!(from_the_future.settles_in().as_secs(), 91);
    }

    #[test]
    fn a_record_is_outdated_after_half_the_margin() {
        assert!(!recorded(0).is_outdated());
        assert!(!recorded(13).is_outdated());
        assert!(recorded(16).is_outdated());
    }
}
