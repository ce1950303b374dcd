//! The processor time of programs that have been run.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What the programs that this one has started have used in all, with those
/// that they have started themselves.
pub(super) fn of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("cannot tell the processor time")?;
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}

fn duration(time: TimeVal) -> Result<Duration> {
    let seconds = Duration::from_secs(time.tv_sec().try_into()?);
    Ok(seconds + Duration::from_micros(time.tv_usec().try_into()?))
}
