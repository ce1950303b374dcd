//! From a scenario to what is there at the start.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Scenario;
use super::file;
use crate::access::Token;
use crate::account::Account;
use crate::attachments::Album;
use crate::parent::{ParentJob, bare};
use crate::samples::USER;
use crate::world::{Executing, World};

/// How long before the start a job without a time was made, in milliseconds.
const MINUTE: i64 = 60_000;

impl Scenario {
    /// Adds all that it has to a world whose clock starts now.
    pub(crate) fn add_to(&self, world: &mut World, now: Timestamp) {
        let file = &self.0;
        for entry in &file.tokens {
            let token = entry.token.get_ref();
            world.tokens.retain(|known| known.token != *token);
            world.tokens.push(Token {
                token: token.clone(),
                subscription: entry.subscription,
            });
        }
        for entry in &file.accounts {
            world
                .accounts
                .retain(|account| account.channel != *entry.channel.get_ref());
            world.accounts.push(Account {
                channel: entry.channel.get_ref().clone(),
                discord: given(entry.discord.as_ref()),
                reply_url: given(entry.reply_url.as_ref()),
                max_jobs: entry.max_jobs,
                moderation: entry.moderation,
            });
        }
        let dated = |job: &file::Job| Some(job.id(job.created.as_ref()?.get_ref().0));
        let samples = world.jobs.iter().map(|job| job.id.clone());
        let mut ids: BTreeSet<_> = samples.chain(file.jobs.iter().filter_map(dated)).collect();
        for (entry, number) in file.jobs.iter().zip(0..) {
            let created = match &entry.created {
                Some(time) => time.get_ref().0,
                // A millisecond for each keeps the ids apart, and further ones
                // from those of the jobs with a time of their own.
                None => (MINUTE + i64::from(number)..)
                    .map_while(|before| now.checked_sub(SignedDuration::from_millis(before)).ok())
                    .find(|created| ids.insert(entry.id(*created)))
                    .unwrap_or(now),
            };
            let job = entry.parent(number, created);
            world
                .names
                .insert(entry.name.get_ref().clone(), job.id.clone());
            world.jobs.push(job);
        }
        for entry in &file.executing {
            let since = SignedDuration::from_secs((*entry.seconds.get_ref()).into());
            if let Some(id) = world.names.get(entry.job.get_ref()) {
                world.executing.push(Executing {
                    parent: id.clone(),
                    created: now.checked_sub(since).unwrap_or(now),
                });
            }
        }
    }
}

/// An empty text is none, as in requests.
fn given(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

impl file::Job {
    /// Its id, if it was made at this time.
    pub(super) fn id(&self, created: Timestamp) -> String {
        let channel = self
            .channel
            .as_ref()
            .map(|channel| channel.get_ref().as_str());
        format!(
            "{}{:03}-user:1234-channel:{}",
            created.strftime("%Y%m%d%H%M%S"),
            created.subsec_millisecond(),
            channel.unwrap_or_default(),
        )
    }

    /// The finished job, as number so-and-so of its file.
    fn parent(&self, number: u32, created: Timestamp) -> ParentJob {
        let channel = self
            .channel
            .as_ref()
            .map(|channel| channel.get_ref().clone());
        let channel_id = channel.clone().unwrap_or_default();
        let message_id = 1_300_000_000_000_000_000 + u64::from(number) * 10_000_000;
        let caption = self
            .prompt
            .clone()
            .unwrap_or_else(|| self.name.get_ref().clone());
        let title: String = caption
            .chars()
            .take(40)
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            })
            .collect();
        ParentJob {
            id: self.id(created),
            verb: self.verb.clone(),
            status: self.status.clone(),
            created,
            updated: created,
            prompt: self.prompt.as_deref().map(bare),
            content: format!("**{caption}** - {USER} (fast)"),
            discord: given(self.discord.as_ref()),
            channel,
            reply_url: given(self.reply_url.as_ref()),
            reply_ref: given(self.reply_ref.as_ref()),
            message_id,
            particulars: serde_json::Map::new(),
            album: Some(Album {
                seed: self.seed,
                title,
                channel: channel_id,
                first_id: message_id + 1,
            }),
            caption,
        }
    }
}
