//! All that is there when an emulator starts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::access::Token;
use crate::account::Account;
use crate::parent::ParentJob;

/// Who may call, on whose accounts, about which jobs.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) tokens: Vec<Token>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) jobs: Vec<ParentJob>,
    /// The jobs' ids, by what they are called.
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) executing: Vec<Executing>,
}

/// A seed job that is executing.
#[derive(Clone, Debug)]
pub(crate) struct Executing {
    /// Id of the job whose seed it retrieves.
    pub(crate) parent: String,
    pub(crate) created: Timestamp,
}
