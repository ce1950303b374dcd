//! The state of the service at the start.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::access::Token;
use crate::account::{Account, MAX_JOBS};
use crate::parent::ParentJob;

#[derive(Clone, Debug)]
pub(crate) struct InitialState {
    pub(crate) tokens: Vec<Token>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) jobs: Vec<ParentJob>,
    /// The jobs' ids, by name.
    pub(crate) names: BTreeMap<String, String>,
    /// Seed jobs that are executing: the id of the parent, and the start.
    pub(crate) executing: Vec<(String, Timestamp)>,
}

impl InitialState {
    pub(crate) fn job(&self, name: &str) -> Option<&ParentJob> {
        let id = self.names.get(name)?;
        self.jobs.iter().find(|job| job.id == *id)
    }

    /// The jobs' prompts, by name, where a job has one.
    pub(crate) fn prompts(&self) -> BTreeMap<String, String> {
        let names = self.names.iter().map(|(name, id)| (id, name));
        let names: BTreeMap<_, _> = names.collect();
        let prompts = self.jobs.iter().filter(|job| !job.caption.is_empty());
        prompts
            .filter_map(|job| Some((String::clone(names.get(&job.id)?), job.caption.clone())))
            .collect()
    }

    pub(crate) fn account(&self, channel: &str) -> Option<&Account> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| account.channel == channel)
    }

    pub(crate) fn account_mut(&mut self, channel: &str) -> Option<&mut Account> {
        let mut accounts = self.accounts.iter_mut();
        accounts.find(|account| account.channel == channel)
    }

    /// How many slots the account of a channel has.
    pub(crate) fn max_jobs(&self, channel: &str) -> usize {
        let account = self.account(channel);
        account.map_or(MAX_JOBS, |account| account.max_jobs)
    }

    /// The `discord` value for a request without one.
    pub(crate) fn discord<'a>(&'a self, job: &'a ParentJob) -> Option<&'a str> {
        let account = job
            .channel
            .as_deref()
            .and_then(|channel| self.account(channel));
        account
            .and_then(|account| account.discord.as_deref())
            .or(job.discord.as_deref())
    }
}
