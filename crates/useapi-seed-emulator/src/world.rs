//! All that is there when an emulator starts.

use crate::access::Token;
use crate::account::Account;
use crate::parent::ParentJob;

/// Who may call, on whose accounts, about which jobs.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The first that is accepted is the one that is handed out.
    pub(crate) tokens: Vec<Token>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) jobs: Vec<ParentJob>,
}
