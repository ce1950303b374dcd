//! Whether the parts of a scenario fit each other.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use toml::Spanned;

use super::file::{Executing, File};
use super::{Scenario, ScenarioError};
use crate::faults::{FaultError, Plan};
use crate::retrieval::DURATION;
use crate::samples;
use crate::secrets;
use crate::world::World;

/// What is wrong, and where.
type Problem = (Range<usize>, String);

pub(super) fn check(scenario: &Scenario, text: &str) -> Result<(), ScenarioError> {
    let file = &scenario.0;
    clock(file)
        .and_then(|()| tokens(file))
        .and_then(|()| accounts(file))
        .and_then(|()| jobs(file))
        .and_then(|()| {
            let (_, mut world) = samples::world(Timestamp::UNIX_EPOCH);
            scenario.add_to(&mut world, Timestamp::UNIX_EPOCH);
            executing(file, &world)
        })
        .and_then(|()| faults(file))
        .map_err(|(place, problem)| ScenarioError::contradiction(text, &place, problem))
}

fn clock(file: &File) -> Result<(), Problem> {
    match &file.clock.time_scale {
        Some(speed) if file.clock.paused => {
            Err((speed.span(), "a paused clock has no time scale".to_owned()))
        }
        _ => Ok(()),
    }
}

fn tokens(file: &File) -> Result<(), Problem> {
    let tokens = || file.tokens.iter().map(|entry| &entry.token);
    // None is shown: they are secrets.
    if let Some(token) = tokens().find(|token| !secrets::can_be_token(token.get_ref())) {
        let problem = "a token has at least eight characters, of ASCII, without spaces";
        return Err((token.span(), problem.to_owned()));
    }
    unique(tokens(), |_| "there is this token already".to_owned())
}

fn accounts(file: &File) -> Result<(), Problem> {
    for account in &file.accounts {
        channel(&account.channel)?;
    }
    unique(
        file.accounts.iter().map(|account| &account.channel),
        |channel| format!("there is an account of channel `{channel}` already"),
    )
}

/// That a channel's id is one.
fn channel(channel: &Spanned<String>) -> Result<(), Problem> {
    let id = channel.get_ref();
    if !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_digit()) {
        return Ok(());
    }
    let problem = "the id of a channel consists of digits";
    Err((channel.span(), problem.to_owned()))
}

/// That no text comes twice.
fn unique<'a>(
    texts: impl Iterator<Item = &'a Spanned<String>>,
    problem: impl Fn(&str) -> String,
) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text.get_ref()) {
            return Err((text.span(), problem(text.get_ref())));
        }
    }
    Ok(())
}

fn jobs(file: &File) -> Result<(), Problem> {
    let names = || file.jobs.iter().map(|job| &job.name);
    unique(names(), |name| {
        format!("there is another job named `{name}`")
    })?;
    if let Some(name) = names().find(|name| samples::NAMES.contains(&name.get_ref().as_str())) {
        let problem = format!("there is a sample named `{}`", name.get_ref());
        return Err((name.span(), problem));
    }
    let (_, samples) = samples::world(Timestamp::UNIX_EPOCH);
    let mut ids: BTreeSet<String> = samples.jobs.into_iter().map(|job| job.id).collect();
    for job in &file.jobs {
        if let Some(id) = &job.channel {
            channel(id)?;
        }
        // The others are dated so that they come between no two.
        if let Some(created) = &job.created
            && !ids.insert(job.id(created.get_ref().0))
        {
            let problem = "there is another job of this channel and time, and so of this id";
            return Err((created.span(), problem.to_owned()));
        }
    }
    Ok(())
}

fn executing(file: &File, world: &World) -> Result<(), Problem> {
    for (position, entry) in file.executing.iter().enumerate() {
        let earlier = file.executing.iter().take(position);
        could_execute(entry, earlier, world)?;
    }
    Ok(())
}

/// That this one could have been started, after the earlier ones.
fn could_execute<'a>(
    entry: &Executing,
    earlier: impl Iterator<Item = &'a Executing>,
    world: &World,
) -> Result<(), Problem> {
    let name = entry.job.get_ref();
    let no = |problem| Err((entry.job.span(), problem));
    let Some(job) = world.job(name) else {
        return no(format!("there is no job named `{name}`"));
    };
    let Some(channel) = job
        .channel
        .as_deref()
        .filter(|_| job.completed() && job.has_seed())
    else {
        return no(format!(
            "no seed of `{name}` can be executing: it is not completed, its verb has none, or it \
             has no channel"
        ));
    };
    if world.discord(job).is_none() {
        return no(format!(
            "no seed of `{name}` can be executing: neither its account nor the job has a \
             `discord` value"
        ));
    }
    let places = world.max_jobs(channel);
    let of_channel = |entry: &&Executing| {
        let other = world.job(entry.job.get_ref());
        other.is_some_and(|other| other.channel.as_deref() == Some(channel))
    };
    if earlier.filter(of_channel).count() >= places {
        return no(format!(
            "in channel `{channel}` only {places} can be executing"
        ));
    }
    let seconds = *entry.seconds.get_ref();
    if SignedDuration::from_secs(seconds.into()) >= DURATION {
        let problem = format!(
            "after {seconds} seconds the job is completed: it takes {}",
            DURATION.as_secs()
        );
        return Err((entry.seconds.span(), problem));
    }
    Ok(())
}

fn faults(file: &File) -> Result<(), Problem> {
    let mut plan = Plan::default();
    for entry in &file.faults {
        let (operation, trigger) = (*entry.operation.get_ref(), *entry.trigger.get_ref());
        let added = plan.add(operation, trigger, entry.fault.get_ref().clone());
        added.map_err(|error| {
            let place = match error {
                FaultError::Unsuitable { .. } => entry.operation.span(),
                FaultError::Never | FaultError::Probability(_) => entry.trigger.span(),
                FaultError::RetryAfter(_) | FaultError::Status(_) | FaultError::Full => {
                    entry.fault.span()
                }
            };
            (place, error.to_string())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Scenario;

    #[test]
    fn contradictions_are_told_with_their_place() {
        let fault = |operation, fault| {
            format!(
                "title = \"a\"\n[[fault]]\noperation = \"{operation}\"\ntrigger = {{ next = 1 }}\nfault = {{ {fault} }}\n"
            )
        };
        let job = "[[job]]\nname = \"a\"\nverb = \"imagine\"\nseed = 1\nchannel = \"1\"\n";
        for (text, line, complaint) in [
            (
                format!("title = \"a\"\n{job}{job}"),
                8,
                "there is another job named `a`",
            ),
            (
                format!("title = \"a\"\n{job}[[executing]]\njob = \"b\"\n"),
                8,
                "there is no job named `b`",
            ),
            (
                fault("get_job", "kind = \"dropped\""),
                3,
                "the fault `dropped` changes nothing about `get_job`: it is for `callback`",
            ),
            (
                "title = \"a\"\n[clock]\ntime_scale = 5\npaused = true\n".to_owned(),
                3,
                "a paused clock has no time scale",
            ),
            (
                "title = \"a\"\n[[token]]\ntoken = \"a-token-of-it\"\n[[token]]\ntoken = \"a-token-of-it\"\n".to_owned(),
                5,
                "there is this token already",
            ),
            (
                "title = \"a\"\n[[account]]\nchannel = \"1\"\n[[account]]\nchannel = \"1\"\n".to_owned(),
                5,
                "there is an account of channel `1` already",
            ),
            (
                format!("title = \"a\"\n{job}created = \"2024-01-01T00:00:00Z\"\n{}created = \"2024-01-01T00:00:00Z\"\n", job.replace("\"a\"", "\"b\"")),
                13,
                "another job of this channel and time",
            ),
            (
                format!("title = \"a\"\n{}", job.replace("\"a\"", "\"imagine\"")),
                3,
                "there is a sample named `imagine`",
            ),
            (
                "title = \"a\"\n[[executing]]\njob = \"imagine\"\nseconds = 45\n".to_owned(),
                4,
                "it takes 45",
            ),
            (
                "title = \"a\"\n[[token]]\ntoken = \"short\"\n".to_owned(),
                3,
                "at least eight characters",
            ),
            (
                format!("title = \"a\"\n{}", job.replace("\"1\"", "\"a/b\"")),
                6,
                "consists of digits",
            ),
            (
                "title = \"a\"\n[[executing]]\njob = \"no_discord\"\n".to_owned(),
                3,
                "neither its account nor the job has a `discord` value",
            ),
            (
                format!("title = \"a\"\n{}", "[[executing]]\njob = \"button\"\n".repeat(4)),
                9,
                "only 3 can be executing",
            ),
            (
                fault("get_job", "kind = \"reset_after\"").replace("next = 1", "next = 0"),
                4,
                "meets no call",
            ),
            (
                fault("get_job", "kind = \"status\", status = 503, retry_after = \"\\n\""),
                5,
                "`Retry-After` cannot be",
            ),
            (
                format!(
                    "title = \"a\"\n{}",
                    "[[fault]]\noperation = \"get_job\"\ntrigger = { next = 1 }\nfault = { kind = \"reset_after\" }\n".repeat(1001)
                ),
                4005,
                "no more faults can wait",
            ),
            (
                "title = \"a\"\n[[executing]]\njob = \"progress\"\n".to_owned(),
                3,
                "no seed of `progress` can be executing",
            ),
        ] {
            let fault = Scenario::from_toml(&text).unwrap_err().to_string();
            assert!(fault.contains(&format!("line {line}:")), "{line}: {fault}");
            assert!(fault.contains(complaint), "{complaint}: {fault}");
        }
    }
}
