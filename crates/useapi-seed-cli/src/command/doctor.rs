//! `doctor`: checks of the setup, and how to fix it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use console::Style;
use indicatif::HumanDuration;
use serde::Serialize;
use useapi_seed::raw::ErrorKind as RawErrorKind;
use useapi_seed::reqwest::header::DATE;
use useapi_seed::{Client, Warning};

use crate::account_state;
use crate::arguments::{Common, Doctor};
use crate::atomic_file::or_current_dir;
use crate::command_line::{program, quote};
use crate::error::CliError;
use crate::exit::Exit;
use crate::fetch::is_writable;
use crate::job_ids;
use crate::output::Output;
use crate::schemas;
use crate::settings::{Setting, Settings, UNENCRYPTED};
use crate::terminal::print_or_closed;
use crate::text::sanitize;

/// The tolerated clock error: an HTTP date has whole seconds, and takes time to arrive.
const CLOCK_ERROR: Duration = Duration::from_secs(30);
/// How many running jobs are checked.
const MAX_JOBS: usize = 3;

/// The checks.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Doctor"))]
pub(crate) struct DoctorOutput {
    /// Whether no check has failed.
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
    fn new(name: &'static str, state: State, message: impl AsRef<str>) -> Self {
        Self {
            name,
            state,
            message: sanitize(message.as_ref()),
            hint: None,
            exit: Exit::Done,
        }
    }

    fn ok(name: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(name, State::Ok, message)
    }

    fn failed(name: &'static str, error: &CliError) -> Self {
        Self {
            hint: error.hint_text().map(str::to_owned),
            exit: error.exit(),
            ..Self::new(name, State::Failed, error.message())
        }
    }

    fn warning(name: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(name, State::Warning, message)
    }

    fn unknown(name: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(name, State::Unknown, message)
    }

    fn skipped(name: &'static str) -> Self {
        Self::unknown(name, "skipped")
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
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
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            let _ = writeln!(text, "{:<9}{line}", "");
        }
        text
    }
}

pub(crate) async fn run(common: &Common, arguments: Doctor) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::DOCTOR)?;
    let job = arguments.job.as_deref();
    let job = job.map(job_ids::of_argument).transpose()?;
    let settings = Settings::read(common)?;
    let mut checks = Vec::new();
    if let Some(Setting { value, source }) = &settings.profile {
        checks.push(Check::ok("profile", format!("{value} ({source})")));
    }
    match settings.client() {
        Err(error) => {
            checks.push(Check::failed("token", &error));
            checks.extend(["API", "clock", "responses"].map(Check::skipped));
        }
        Ok(client) => {
            let source = settings.token()?.source.to_string();
            checks.extend(remote(&client, &source, job.as_deref()).await);
        }
    }
    checks.push(directory(&settings.dir(arguments.dir)?.value));
    checks.extend(accounts(&settings.base_url()?.value));

    let exit = checks.iter().map(|check| check.exit).max();
    if output.is_json() {
        let ok = checks.iter().all(|check| check.state != State::Failed);
        output.print(&DoctorOutput { ok, checks })?;
    } else {
        print_or_closed(&checks.iter().map(Check::to_text).collect::<String>())?;
    }
    Ok(exit.unwrap_or_default())
}

/// Token, API, clock and responses.
async fn remote(client: &Client, source: &str, job: Option<&str>) -> [Check; 4] {
    let url = client.base_url();
    let api = if client.raw().is_unencrypted() {
        Check::warning("API", format!("{url} responds, but {UNENCRYPTED}"))
            .hint("Use a base URL that begins with https://.")
    } else {
        Check::ok("API", format!("{url} responds"))
    };
    let error = match client.executing_jobs().await {
        Ok(running) => {
            let token = Check::ok("token", format!("accepted ({source})"));
            let responses = responses(client, running.ids, job).await;
            return [token, api, clock(server_time(client).await), responses];
        }
        Err(error) => error,
    };
    let [clock, responses] = ["clock", "responses"].map(Check::skipped);
    if error.is_unauthorized() || error.is_payment_required() {
        let token = Check::failed("token", &error.into());
        return [token, api, clock, responses];
    }
    let token = Check::unknown("token", format!("not checked ({source})"));
    // Its own hint suggests this command.
    let hint = format!("Check your connection and the base URL {}", sanitize(url));
    let api = Check::failed("API", &error.into()).hint(hint);
    [token, api, clock, responses]
}

async fn server_time(client: &Client) -> Option<SystemTime> {
    let response = client.raw().list_jobs().await.ok()?;
    let date = response.raw_response().headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(date).ok()
}

fn clock(server_time: Option<SystemTime>) -> Check {
    let Some(server_time) = server_time else {
        return Check::unknown("clock", "the server sends no date");
    };
    let (direction, difference) = match SystemTime::now().duration_since(server_time) {
        Ok(ahead) => ("ahead of", ahead),
        Err(behind) => ("behind", behind.duration()),
    };
    if difference <= CLOCK_ERROR {
        return Check::ok("clock", "in sync");
    }
    let difference = HumanDuration(difference);
    Check::warning("clock", format!("{difference} {direction} the server"))
        .hint("Set this machine's clock; files and messages have the wrong time.")
}

/// Checks responses against the API specification.
async fn responses(client: &Client, running: Option<Vec<String>>, job: Option<&str>) -> Check {
    let name = "responses";
    let mut drift = BTreeSet::new();
    if running.is_none() {
        drift.insert("unrecognized list of running jobs".to_owned());
    }
    let running = running.unwrap_or_default();
    let running = running.iter().take(MAX_JOBS).map(String::as_str);
    let ids: BTreeSet<&str> = running.chain(job).collect();
    for id in ids {
        match client.raw().get_job(id).await {
            Ok(response) => {
                for warning in Warning::for_job(&response) {
                    drift.insert(format!("job {id}: {warning}"));
                }
            }
            Err(error) => {
                if let RawErrorKind::InvalidPayload(error) = error.kind() {
                    drift.insert(format!("job {id}: {error}"));
                } else if job == Some(id)
                    // The client's error explains itself.
                    && let Err(error) = client.job(id).poll().await
                {
                    return Check::failed(name, &error.into());
                }
                // A running job may have ended meanwhile.
            }
        }
    }
    if !drift.is_empty() {
        let drift: Vec<_> = drift.iter().map(|line| sanitize(line)).collect();
        return Check::warning(name, "differ from the API specification").hint(drift.join("\n"));
    }
    let check = Check::ok(name, "valid");
    match job {
        Some(_) => check,
        None => check.hint("Use --job JOBID to check one job's response."),
    }
}

fn directory(dir: &Path) -> Check {
    let dir = or_current_dir(dir);
    match is_writable(dir) {
        Ok(()) => {
            let absolute = std::path::absolute(dir);
            let shown = absolute.as_deref().unwrap_or(dir).display();
            Check::ok("directory", format!("{shown} is writable"))
        }
        Err(error) => Check::failed("directory", &error),
    }
}

/// What the last commands saw of accounts: each halted one, or one check of all.
fn accounts(base_url: &str) -> Vec<Check> {
    let name = "accounts";
    let accounts = account_state::accounts(base_url);
    let halted = accounts.iter().filter(|account| account.is_halted);
    let halted = halted.map(|account| {
        let (channel, age) = (&account.channel, HumanDuration(account.age()));
        let reset = format!("{} reset {}", program(), quote(channel.as_ref()));
        let why = "Acknowledge Midjourney's message in Discord, then run:";
        let error = CliError::new(format!("account {channel}: halted (seen {age} ago)"));
        Check::failed(name, &error.with_exit(Exit::Halted).suggest(why, &reset))
    });
    let mut checks: Vec<_> = halted.collect();
    if accounts.is_empty() {
        checks.push(Check::unknown(name, "no accounts seen yet"));
    } else if checks.is_empty() {
        checks.push(Check::ok(name, "no halted accounts"));
    }
    checks
}
