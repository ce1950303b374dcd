//! A point of time in a file.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Seconds since 1970 (UTC), by this machine's clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    pub(crate) fn now() -> Self {
        Self(since_1970().as_secs())
    }

    /// How long ago it was; nothing when it has not come yet.
    pub(crate) fn age(self) -> Duration {
        since_1970().saturating_sub(Duration::from_secs(self.0))
    }
}

fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
