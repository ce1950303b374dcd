//! `doctor`: whether everything is as it has to be.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use console::Style;
use indicatif::HumanDuration;
use serde::Serialize;
use useapi_seed::raw::ErrorKind as RawErrorKind;
use useapi_seed::reqwest::header::{DATE, HeaderMap};
use useapi_seed::{Client, Error, Warning};

use crate::account_state;
use crate::arguments::{Common, Doctor};
use crate::atomic_file;
use crate::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::is_writable;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::{Settings, UNENCRYPTED};
use crate::terminal::print_or_closed;
use crate::text::sanitize;

/// So much a clock may be wrong: an HTTP date has no more than seconds, and it
/// travels.
const CLOCK_ERROR: Duration = Duration::from_secs(30);
/// So many executing jobs are looked at.
const JOBS: usize = 3;

/// What was found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Checks"))]
pub(crate) struct Printed {
    /// Whether nothing has failed.
    ok: bool,
    /// Each check.
    checks: Vec<Check>,
}

/// A check.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Check {
    /// What is checked.
    name: &'static str,
    /// What came of it.
    state: State,
    /// What was found, in a line.
    message: String,
    /// What to do about it.
    hints: Vec<String>,
    #[serde(skip)]
    exit: Exit,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum State {
    /// As it has to be.
    Ok,
    /// Not as it should be, but it works.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be found out.
    Unknown,
}

impl Check {
    fn new(name: &'static str, state: State, message: impl AsRef<str>) -> Self {
        Self {
            name,
            state,
            message: sanitize(message.as_ref()),
            hints: Vec::new(),
            exit: Exit::Done,
        }
    }

    fn failed(name: &'static str, error: &CliError) -> Self {
        Self {
            hints: error.hint_text().map(str::to_owned).into_iter().collect(),
            exit: error.exit(),
            ..Self::new(name, State::Failed, error.message())
        }
    }

    fn hint(mut self, hints: impl Into<String>) -> Self {
        self.hints.push(hints.into());
        self
    }

    fn to_text(&self) -> String {
        let (state, style) = match self.state {
            State::Ok => ("ok", Style::new().green()),
            State::Warning => ("warning", Style::new().yellow()),
            State::Failed => ("FAILED", Style::new().red().bold()),
            State::Unknown => ("unknown", Style::new()),
        };
        let state = style.apply_to(format!("{state:<8}"));
        let mut text = format!("{state} {}: {}\n", self.name, self.message);
        for hints in &self.hints {
            for line in hints.lines().filter(|line| !line.is_empty()) {
                let _ = writeln!(text, "{:<9}{line}", "");
            }
        }
        text
    }
}

pub(crate) async fn run(common: &Common, arguments: Doctor) -> Result<Exit, CliError> {
    let Doctor { job, into } = arguments;
    let output = Output::new(common, schemas::CHECKS)?;
    let job = job
        .map(|id| job_ids::of_argument("--job", &id))
        .transpose()?;
    let settings = Settings::read(common)?;
    let mut checks = Vec::new();
    match settings.client() {
        Err(error) => {
            checks.push(Check::failed("token", &error));
            for name in ["API", "clock", "answers"] {
                checks.push(Check::new(name, State::Unknown, "cannot be asked"));
            }
        }
        Ok(client) => {
            let source = settings.token()?.source;
            remote(&client, &source.to_string(), job.as_deref(), &mut checks).await;
        }
    }
    checks.push(dir(&settings.parent_dir(into)?.value));
    checks.push(accounts(&settings.base_url()?.value));
    eprint(checks, &output)
}

fn eprint(checks: Vec<Check>, output: &Output) -> Result<Exit, CliError> {
    let exit = checks.iter().map(|check| check.exit).max();
    let ok = checks.iter().all(|check| check.state != State::Failed);
    if output.is_json() {
        output.print(&Printed { ok, checks })?;
    } else {
        print_or_closed(&checks.iter().map(Check::to_text).collect::<String>())?;
    }
    Ok(exit.unwrap_or_default())
}

/// Token, API, clock and answers.
async fn remote(client: &Client, source: &str, job: Option<&str>, checks: &mut Vec<Check>) {
    let executing = match client.executing_jobs().await {
        Ok(jobs) => {
            let found = format!("accepted, from {source}");
            checks.push(Check::new("token", State::Ok, found));
            checks.push(api(client));
            jobs.ids
        }
        Err(error) => {
            checks.extend(without_answer(&error, source, client));
            for name in ["clock", "answers"] {
                checks.push(Check::new(name, State::Unknown, "cannot be asked"));
            }
            return;
        }
    };
    let listed = client.raw().list_jobs().await;
    checks.push(clock(
        listed
            .as_ref()
            .ok()
            .map(|response| &response.raw_response().headers),
    ));
    checks.push(answers(client, executing, job).await);
}

/// Of an API that answers.
fn api(client: &Client) -> Check {
    let answers = format!("{} answers", client.base_url());
    if client.raw().is_unencrypted() {
        let found = format!("{answers}, but {UNENCRYPTED}");
        return Check::new("API", State::Warning, found)
            .hint("Use a base URL that begins with https://.");
    }
    Check::new("API", State::Ok, answers)
}

fn without_answer(error: &Error, source: &str, client: &Client) -> [Check; 2] {
    let (is_access, has_answer) = (
        error.is_unauthorized() || error.is_payment_required(),
        error.status().is_some(),
    );
    let error = failure_of(error);
    if is_access {
        let token = Check::failed("token", &error);
        return [token, api(client)];
    }
    let token = Check::new("token", State::Unknown, format!("from {source}, not tried"));
    let mut check = Check::failed("API", &error);
    if !has_answer {
        check = check.hint(format!("The base URL is {}.", sanitize(client.base_url())));
    }
    [token, check]
}

/// An error without the advice to ask the doctor.
fn failure_of(error: &Error) -> CliError {
    CliError::new(error.to_string())
        .with_exit(Exit::from(error))
        .hint(format!("Usual cause: {}", error.likely_cause()))
        .hint(error.help())
}

fn clock(headers: Option<&HeaderMap>) -> Check {
    let name = "clock";
    let theirs = headers
        .and_then(|headers| headers.get(DATE)?.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(theirs) = theirs else {
        return Check::new(
            name,
            State::Unknown,
            "the service does not say what time it is",
        );
    };
    let ours = SystemTime::now();
    let (ahead, error) = match ours.duration_since(theirs) {
        Ok(error) => ("ahead of", error),
        Err(behind) => ("behind", behind.duration()),
    };
    if error <= CLOCK_ERROR {
        return Check::new(name, State::Ok, "as the service's");
    }
    let error = HumanDuration(error);
    Check::new(
        name,
        State::Warning,
        format!("{error} {ahead} the service's"),
    )
    .hint("Set this machine's clock; files and messages have the wrong time.")
}

async fn answers(client: &Client, executing: Option<Vec<String>>, job: Option<&str>) -> Check {
    let name = "answers";
    let mut drift = BTreeSet::new();
    if executing.is_none() {
        drift.insert("the list of executing jobs has an unknown form".to_owned());
    }
    let executing = executing.unwrap_or_default();
    let ids: BTreeSet<&str> = executing
        .iter()
        .take(JOBS)
        .map(String::as_str)
        .chain(job)
        .collect();
    let mut looked = 0;
    for id in ids {
        // The layer below shows what the description does not know.
        let error = match client.raw().get_job(id).await {
            Ok(response) => {
                looked += 1;
                drift.extend(
                    Warning::for_job(&response)
                        .iter()
                        .map(|note| format!("job {id}: {note}")),
                );
                continue;
            }
            Err(error) => error,
        };
        if let RawErrorKind::InvalidPayload(error) = error.kind() {
            looked += 1;
            drift.insert(format!("job {id}: {error}"));
        } else if job == Some(id) {
            // The same again, for words that a person can do something with.
            match client.job(id).poll().await {
                Ok(_) => looked += 1,
                Err(error) => return Check::failed(name, &failure_of(&error)),
            }
        }
        // Another one may have ended just now.
    }
    if !drift.is_empty() {
        let check = Check::new(
            name,
            State::Warning,
            "not as described; `fetch` may know less",
        );
        return drift
            .iter()
            .map(|line| sanitize(line))
            .fold(check, Check::hint);
    }
    if looked == 0 {
        return Check::new(
            name,
            State::Ok,
            "the list of executing jobs is as described",
        )
        .hint("With --job JOBID the answer about a job is looked at, too.");
    }
    Check::new(
        name,
        State::Ok,
        format!("as described; jobs looked at: {looked}"),
    )
}

fn dir(into: &Path) -> Check {
    let name = "folder";
    let into = atomic_file::or_current_dir(into);
    match is_writable(into) {
        Ok(()) => Check::new(name, State::Ok, format!("{} can be written to", show(into))),
        Err(error) => Check::failed(name, &error),
    }
}

fn show(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    absolute.as_deref().unwrap_or(path).display().to_string()
}

fn accounts(base_url: &str) -> Check {
    let name = "accounts";
    let seen = account_state::accounts(base_url);
    if seen.is_empty() {
        return Check::new(name, State::Unknown, "none was heard of yet");
    }
    let halted: Vec<_> = seen.iter().filter(|account| account.is_halted).collect();
    if halted.is_empty() {
        return Check::new(name, State::Ok, "none was halted when it was last heard of");
    }
    let states = halted.iter().map(|account| {
        let age = HumanDuration(account.seen_at.age());
        format!("account {}: halted (seen {age} ago)", account.channel)
    });
    let states = states.collect::<Vec<_>>().join("; ");
    let check = Check {
        exit: Exit::Halted,
        ..Check::new(name, State::Failed, states)
    };
    halted.iter().fold(check, |check, account| {
        let channel = command_line::quote(account.channel.as_ref());
        check.hint(format!(
            "Acknowledge Midjourney's message in Discord, then run: {} reset {channel}",
            command_line::program()
        ))
    })
}
