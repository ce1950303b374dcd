//! From a scenario to what is there at the start.

use jiff::{SignedDuration, Timestamp};

use super::Scenario;
use super::file;
use crate::access::Token;
use crate::account::Account;
use crate::attachments::Album;
use crate::parent::ParentJob;
use crate::samples::USER;
use crate::world::{Executing, World};

impl Scenario {
    /// Adds all that it has to a world whose clock starts now.
    pub(crate) fn add_to(&self, world: &mut World, now: Timestamp) {
        let file = &self.0;
        world.tokens.extend(file.tokens.iter().map(|entry| Token {
            token: entry.token.clone(),
            subscription: entry.subscription,
        }));
        for entry in &file.accounts {
            world
                .accounts
                .retain(|account| account.channel != entry.channel);
            world.accounts.push(Account {
                channel: entry.channel.clone(),
                discord: entry.discord.clone(),
                reply_url: entry.reply_url.clone(),
                max_jobs: entry.max_jobs,
                moderation: entry.moderation,
            });
        }
        for (entry, number) in file.jobs.iter().zip(0..) {
            let job = job(entry, number, now);
            world
                .names
                .insert(entry.name.get_ref().clone(), job.id.clone());
            world.jobs.push(job);
        }
        for entry in &file.executing {
            let since = SignedDuration::from_secs(entry.seconds.into());
            if let Some(id) = world.names.get(entry.job.get_ref()) {
                world.executing.push(Executing {
                    parent: id.clone(),
                    created: now.checked_sub(since).unwrap_or(now),
                });
            }
        }
    }
}

/// The finished job, as number so-and-so of its file.
fn job(entry: &file::Job, number: u16, now: Timestamp) -> ParentJob {
    // A minute for each, and a millisecond that keeps the ids apart.
    let before = SignedDuration::from_millis(60_000 * i64::from(number + 1) - i64::from(number));
    let created = entry
        .created
        .map_or_else(|| now.checked_sub(before).unwrap_or(now), |time| time.0);
    let channel = entry.channel.clone().unwrap_or_default();
    let message_id = 1_300_000_000_000_000_000 + u64::from(number) * 10_000_000;
    let caption = entry
        .prompt
        .clone()
        .unwrap_or_else(|| entry.name.get_ref().clone());
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
        id: format!(
            "{}{:03}-user:1234-channel:{channel}",
            created.strftime("%Y%m%d%H%M%S"),
            created.subsec_millisecond(),
        ),
        verb: entry.verb.clone(),
        status: entry.status.clone(),
        created,
        updated: created,
        prompt: entry.prompt.clone(),
        content: format!("**{caption}** - {USER} (fast)"),
        discord: entry.discord.clone(),
        channel: entry.channel.clone(),
        message_id,
        particulars: serde_json::Map::new(),
        album: Some(Album {
            seed: entry.seed,
            title,
            channel,
            first_id: message_id + 1,
        }),
        caption,
    }
}
