//! Which accounts were halted when they were last heard of, for `doctor`: the
//! service has no question for it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::local_file;
use crate::settings::state_dir;
use crate::timestamp::Timestamp;

/// So many accounts are kept in mind.
const ACCOUNTS: usize = 100;
/// What was seen so recently is not written down again.
const AGE: Duration = Duration::from_secs(60);

/// What is known of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) base_url: String,
    pub(crate) channel: String,
    pub(crate) is_halted: bool,
    pub(crate) seen_at: Timestamp,
}

pub(crate) fn halted(base_url: &str, channel: &str) {
    saw(base_url, channel, true);
}

pub(crate) fn working(base_url: &str, channel: &str) {
    saw(base_url, channel, false);
}

/// The accounts of a service that were heard of.
pub(crate) fn accounts(base_url: &str) -> Vec<Account> {
    let mut accounts = read();
    accounts.retain(|account| account.base_url == base_url);
    accounts
}

/// Nothing is said of what goes wrong: it is a note, and the work matters more.
/// Two processes that write at once may lose one of theirs.
fn saw(base_url: &str, channel: &str, is_halted: bool) {
    let Some(path) = file().filter(|_| !channel.is_empty()) else {
        return;
    };
    let mut accounts = read();
    let is_it = |account: &Account| account.base_url == base_url && account.channel == channel;
    let is_known = |account: &Account| {
        is_it(account) && account.is_halted == is_halted && account.seen_at.age() < AGE
    };
    if accounts.iter().any(is_known) {
        return;
    }
    accounts.retain(|account| !is_it(account));
    // The oldest stand first.
    let surplus = (accounts.len() + 1).saturating_sub(ACCOUNTS);
    accounts.drain(..surplus);
    accounts.push(Account {
        base_url: base_url.to_owned(),
        channel: channel.to_owned(),
        is_halted,
        seen_at: Timestamp::now(),
    });
    let write = || {
        let dir = path.parent()?;
        fs::create_dir_all(dir).ok()?;
        atomic_file::remove_abandoned(dir);
        let json = serde_json::to_vec_pretty(&accounts).ok()?;
        atomic_file::write(&path, &json).ok()
    };
    let _ = write();
}

fn read() -> Vec<Account> {
    let text = file().and_then(|path| local_file::read(&path, local_file::SETTINGS_LIMIT).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

fn file() -> Option<PathBuf> {
    Some(state_dir()?.join("accounts.json"))
}
