//! `doctor`: checks of the setup, and how to fix it.

use std::path::Path;
use std::time::Duration;

use console::style;
use indicatif::HumanDuration;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;
use useapi_seed::raw::ErrorKind as RawErrorKind;
use useapi_seed::reqwest::header::DATE;
use useapi_seed::{Client, ExecutingJobs, Warning};

use crate::account_state::{self, Account};
use crate::arguments::{Common, Doctor};
use crate::atomic_file::or_current_dir;
use crate::command_line::{program, quote};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::is_writable;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::{Setting, Settings};
use crate::terminal::print_or_closed;
use crate::text::sanitize;

/// The tolerated clock error: an HTTP date has whole seconds, and takes time to arrive.
const CLOCK_ERROR: Duration = Duration::from_secs(30);
/// The checks that make requests, in this order. One that fails ends them.
const REMOTE: [&str; 4] = ["token", "API", "clock", "responses"];

/// A check.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Doctor"))]
pub(crate) struct Check {
    /// What is checked.
    name: &'static str,
    /// The outcome.
    state: State,
    /// What was found, in one line.
    message: String,
    /// How to fix it, in lines.
    hint: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
enum State {
    /// As expected.
    Ok,
    /// Not as expected, but it works.
    Warning,
    /// It does not work.
    Failed,
    /// Not checked, or nothing was found.
    Unknown,
}

impl Check {
    fn new(name: &'static str, state: State, message: impl Into<String>) -> Self {
        Self {
            name,
            state,
            message: message.into(),
            hint: None,
            exit: Exit::Done,
        }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Ok, message)
    }

    fn unknown(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Unknown, message)
    }

    fn failed(name: &'static str, error: &CliError) -> Self {
        Self {
            hint: error.hint_text().map(str::to_owned),
            exit: error.exit(),
            ..Self::new(name, State::Failed, error.message())
        }
    }

    fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    fn to_text(&self) -> String {
        let state = match self.state {
            State::Ok => style("ok").green(),
            State::Warning => style("warning").yellow(),
            State::Failed => style("FAILED").red().bold(),
            State::Unknown => style("unknown"),
        };
        let mut text = format!("{state:<8} {}: {}", self.name, sanitize(&self.message));
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            text.extend(["\n         ", &sanitize(line)]);
        }
        text + "\n"
    }
}

pub(crate) async fn run(common: &Common, arguments: Doctor) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::DOCTOR)?;
    let job = arguments.job.as_deref();
    let job = job.map(job_ids::of_argument).transpose()?;
    let settings = Settings::read(common)?;
    let checks = remote(&settings, job.as_deref()).await;
    let mut checks = checks.unwrap_or_else(|error| vec![Check::failed("token", &error)]);
    let skipped = REMOTE.iter().skip(checks.len());
    checks.extend(skipped.map(|name| Check::unknown(name, "skipped")));
    checks.push(directory(&settings.dir(arguments.dir)?.value));
    checks.extend(accounts(&settings.base_url()?.value));

    if output.is_json() {
        checks.iter().try_for_each(|check| output.print(check))?;
    } else {
        print_or_closed(&checks.iter().map(Check::to_text).collect::<String>())?;
    }
    let exit = checks.iter().map(|check| check.exit).max();
    Ok(exit.unwrap_or_default())
}

/// An error means that there is no valid token.
async fn remote(settings: &Settings, job: Option<&str>) -> Result<Vec<Check>, CliError> {
    let Setting { value, source } = settings.token()?;
    let client = settings.client_with(value, &source)?;
    let url = client.base_url();
    let running = match client.executing_jobs().await {
        Ok(running) => running,
        Err(error) if error.is_unauthorized() || error.is_payment_required() => {
            return Err(error.into());
        }
        Err(error) => {
            // Its own hint suggests this command.
            let hint = format!("Check your connection and the base URL {url}");
            return Ok(vec![
                Check::unknown("token", format!("not checked ({source})")),
                Check::failed("API", &error.into()).hint(&hint),
            ]);
        }
    };
    let clock = clock(&client).await;
    Ok(vec![
        Check::ok("token", format!("accepted ({source})")),
        Check::ok("API", format!("{url} responds")),
        clock.unwrap_or_else(|| Check::unknown("clock", "the server sends no date")),
        responses(&client, &running, job).await,
    ])
}

/// None if the server sends no valid date.
async fn clock(client: &Client) -> Option<Check> {
    let response = client.raw().list_jobs().await.ok()?;
    let date = response.raw_response().headers.get(DATE)?.to_str().ok()?;
    let server_time = rfc2822::parse(date).ok()?.timestamp();
    let ahead = Timestamp::now().duration_since(server_time);
    let difference = ahead.unsigned_abs();
    if difference <= CLOCK_ERROR {
        return Some(Check::ok("clock", "in sync"));
    }
    let is_ahead = ahead.is_positive();
    let direction = if is_ahead { "ahead of" } else { "behind" };
    let message = format!("{} {direction} the server", HumanDuration(difference));
    let hint = "Set this machine's clock; files and messages have the wrong time.";
    Some(Check::new("clock", State::Warning, message).hint(hint))
}

/// Compares responses with the API specification.
async fn responses(client: &Client, running: &ExecutingJobs, job: Option<&str>) -> Check {
    let name = "responses";
    let mut differences = Vec::new();
    if running.ids.is_none() {
        differences.push("unrecognized list of running jobs".to_owned());
    }
    if let Some(id) = job {
        match client.raw().get_job(id).await.as_deref() {
            Ok(job) => differences.extend(Warning::for_job(job).iter().map(Warning::to_string)),
            Err(error) => {
                if let RawErrorKind::InvalidPayload(error) = error.kind() {
                    differences.push(error.to_string());
                } else if let Err(error) = client.job(id).poll().await {
                    // The client's error explains itself.
                    return Check::failed(name, &error.into());
                }
            }
        }
    }
    if !differences.is_empty() {
        let check = Check::new(name, State::Warning, "differ from the API specification");
        return check.hint(&differences.join("\n"));
    }
    let check = Check::ok(name, "valid");
    match job {
        Some(_) => check,
        None => check.hint("Use --job JOBID to check one job's response."),
    }
}

fn directory(dir: &Path) -> Check {
    let dir = std::path::absolute(or_current_dir(dir)).unwrap_or_else(|_| dir.to_owned());
    match is_writable(&dir) {
        Ok(()) => Check::ok("directory", format!("{} is writable", dir.display())),
        Err(error) => Check::failed("directory", &error),
    }
}

/// What the last commands saw of accounts: each halted one, or one check of all.
fn accounts(base_url: &str) -> Vec<Check> {
    let name = "accounts";
    let mut accounts = account_state::accounts(base_url);
    if accounts.is_empty() {
        return vec![Check::unknown(name, "no accounts seen yet")];
    }
    accounts.retain(|account| account.is_halted);
    if accounts.is_empty() {
        return vec![Check::ok(name, "no halted accounts")];
    }
    let check = |account: &Account| {
        let channel = &account.channel;
        let age = HumanDuration(account.seen_at.elapsed().unwrap_or_default());
        let message = format!("account {channel}: halted (seen {age} ago)");
        let reset = format!("{} reset {}", program(), quote(channel.as_ref()));
        let hint = format!("Acknowledge Midjourney's message in Discord, then run:\n  {reset}");
        Check {
            exit: Exit::Halted,
            ..Check::new(name, State::Failed, message).hint(&hint)
        }
    };
    accounts.iter().map(check).collect()
}
