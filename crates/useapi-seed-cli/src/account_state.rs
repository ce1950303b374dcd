//! Which accounts were halted when last seen, for `doctor`: the API has no request
//! for it.

use std::fs;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::local_file::read_json;
use crate::settings::state_dir;

const FILE: &str = "accounts.json";
/// How many accounts are kept, the latest ones.
const MAX_ACCOUNTS: usize = 100;

/// What is known of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    base_url: String,
    pub(crate) channel: String,
    pub(crate) is_halted: bool,
    pub(crate) seen_at: SystemTime,
}

pub(crate) fn record_halted(base_url: &str, channel: &str) {
    record(base_url, channel, true);
}

pub(crate) fn record_active(base_url: &str, channel: &str) {
    record(base_url, channel, false);
}

/// The known accounts of a service.
pub(crate) fn accounts(base_url: &str) -> Vec<Account> {
    let mut accounts = read();
    accounts.retain(|account| account.base_url == base_url);
    accounts
}

/// Errors are ignored, since the job matters more. One of two processes that write
/// concurrently may lose its record.
fn record(base_url: &str, channel: &str, is_halted: bool) {
    let mut accounts = read();
    let is_same = |known: &Account| known.base_url == base_url && known.channel == channel;
    // That it is still active is not worth a write.
    let mut known = accounts.iter().filter(|known| is_same(known));
    if channel.is_empty() || !is_halted && known.any(|known| !known.is_halted) {
        return;
    }
    accounts.retain(|known| !is_same(known));
    accounts.push(Account {
        base_url: base_url.to_owned(),
        channel: channel.to_owned(),
        is_halted,
        seen_at: SystemTime::now(),
    });
    accounts.drain(..accounts.len().saturating_sub(MAX_ACCOUNTS));
    let write = || {
        let dir = state_dir()?;
        fs::create_dir_all(&dir).ok()?;
        atomic_file::remove_abandoned(&dir);
        let json = serde_json::to_vec_pretty(&accounts).ok()?;
        atomic_file::write(&dir.join(FILE), &json).ok()
    };
    let _ = write();
}

fn read() -> Vec<Account> {
    let accounts = state_dir().and_then(|dir| read_json(&dir.join(FILE)));
    accounts.unwrap_or_default()
}
