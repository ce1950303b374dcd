//! Which accounts were halted when last seen, for `doctor`: the API has no request
//! for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::local_file;
use crate::settings::state_dir;

/// How many accounts are kept, the latest ones.
const MAX_ACCOUNTS: usize = 100;
/// An unchanged account is not recorded again within this time.
const MIN_AGE: Duration = Duration::from_secs(60);

/// What is known of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) base_url: String,
    pub(crate) channel: String,
    pub(crate) is_halted: bool,
    /// In seconds since 1970 (UTC), by this machine's clock.
    seen_at: u64,
}

impl Account {
    pub(crate) fn age(&self) -> Duration {
        since_1970().saturating_sub(Duration::from_secs(self.seen_at))
    }
}

pub(crate) fn record_halted(base_url: &str, channel: &str) {
    record(base_url, channel, true);
}

pub(crate) fn record_active(base_url: &str, channel: &str) {
    record(base_url, channel, false);
}

/// The known accounts of a service.
pub(crate) fn accounts(base_url: &str) -> Vec<Account> {
    let mut accounts = file().map_or_else(Vec::new, |path| read(&path));
    accounts.retain(|account| account.base_url == base_url);
    accounts
}

/// Errors are ignored, since the job matters more. One of two processes that write
/// concurrently may lose its record.
fn record(base_url: &str, channel: &str, is_halted: bool) {
    let Some(path) = file().filter(|_| !channel.is_empty()) else {
        return;
    };
    let mut accounts = read(&path);
    let same = |account: &Account| account.base_url == base_url && account.channel == channel;
    let known = accounts.iter().find(|account| same(account));
    if known.is_some_and(|known| known.is_halted == is_halted && known.age() < MIN_AGE) {
        return;
    }
    accounts.retain(|account| !same(account));
    accounts.push(Account {
        base_url: base_url.to_owned(),
        channel: channel.to_owned(),
        is_halted,
        seen_at: since_1970().as_secs(),
    });
    accounts.drain(..accounts.len().saturating_sub(MAX_ACCOUNTS));
    let write = || {
        let dir = path.parent()?;
        fs::create_dir_all(dir).ok()?;
        atomic_file::remove_abandoned(dir);
        atomic_file::write(&path, &serde_json::to_vec_pretty(&accounts).ok()?).ok()
    };
    let _ = write();
}

fn read(path: &Path) -> Vec<Account> {
    let text = local_file::read(path, local_file::SETTINGS_LIMIT).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

fn file() -> Option<PathBuf> {
    Some(state_dir()?.join("accounts.json"))
}

fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
