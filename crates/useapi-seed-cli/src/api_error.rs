//! The library's errors as the command prints them: one line, and what to do next.

use std::error::Error as _;
use std::sync::OnceLock;

use useapi_seed::{BadRequestReason, Error, ErrorKind, Field, RequestStatus, channel_of};

use crate::command_line::program;
use crate::error::CliError;
use crate::exit::Exit;
use crate::text::sanitize;

/// How much of the service's message is shown.
const SHOWN_CHARACTERS: usize = 300;

/// Where the token was read from.
static TOKEN_SOURCE: OnceLock<String> = OnceLock::new();

/// Set once, for errors about the token.
pub(crate) fn set_token_source(source: String) {
    let _ = TOKEN_SOURCE.set(source);
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for CliError {
    fn from(error: &Error) -> Self {
        let status = error.status().map(|status| status.as_u16());
        let cli_error = describe(error).with_http_status(status);
        let cli_error = match error.kind() {
            ErrorKind::Halted { .. } | ErrorKind::TooManyJobs { .. } => cli_error,
            // That a job may have started matters more than the cause.
            _ if error.may_have_been_sent() => cli_error.without_hint().hint(
                "The request may have been received. Run the same command: it checks for a \
                 running job before submitting.",
            ),
            _ => cli_error,
        };
        cli_error.with_causes(causes(error))
    }
}

#[allow(clippy::too_many_lines, reason = "an arm for each kind")]
fn describe(error: &Error) -> CliError {
    let program = program();
    match error.kind() {
        ErrorKind::InvalidInput { field, reason, .. } => {
            CliError::usage(format!("{field} {reason}")).hint(error.help())
        }
        ErrorKind::BadRequest(reason) => bad_request(error, reason),
        ErrorKind::Unauthorized => {
            let source = TOKEN_SOURCE.get().map(String::as_str);
            let from = source.map_or(String::new(), |source| format!("Token read from {source}. "));
            let next = match source {
                Some("USEAPI_TOKEN") => format!("Correct it, or unset it and run `{program} login`."),
                _ => format!("Run `{program} login` to replace it."),
            };
            CliError::of_kind("unauthorized", Exit::Auth, "API token rejected")
                .hint(format!(
                    "{from}Use the token of your useapi.net account, not a Discord token."
                ))
                .hint(next)
        }
        ErrorKind::PaymentRequired => CliError::of_kind(
            "no_subscription",
            Exit::Auth,
            "no active useapi.net subscription",
        )
        .hint("Renew it at useapi.net, then run the command again."),
        // Only a call about a job, or an account, has something to be found.
        ErrorKind::NotFound if error.job_id().or(error.parent_job_id()).is_none() => {
            CliError::of_kind("wrong_base_url", Exit::Usage, "this is not the useapi.net API")
                .hint("Check the base URL; it must end in /v2.")
        }
        ErrorKind::NotFound => CliError::of_kind("not_found", Exit::Rejected, "job not found").hint(
            "It may be mistyped, belong to another account, or be too old (jobs are kept for at \
             least 31 days).",
        ),
        ErrorKind::TooManyJobs { executing, .. } => {
            let error = match error.retry_after().filter(|wait| !wait.is_zero()) {
                Some(wait) => format!("rate limited; retry in {}s", wait.as_secs()),
                None => "no free slot: too many running jobs".to_owned(),
            };
            let error = CliError::of_kind("too_many_jobs", Exit::Pending, error);
            match executing.len() {
                0 => error,
                _ => error.hint(format!(
                    "Nothing was started. Running: {}",
                    sanitize(&executing.join(", "))
                )),
            }
        }
        ErrorKind::Halted { .. } => {
            let ids = [error.job_id(), error.parent_job_id()];
            let channel = ids.into_iter().flatten().find_map(channel_of);
            let channel = channel.unwrap_or("CHANNEL");
            CliError::of_kind(
                "account_halted",
                Exit::Halted,
                "account halted by Midjourney",
            )
            .suggest(
                "Log in to Discord and acknowledge Midjourney's message, or solve the CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Do not retry before that. \
                 Then run:",
                &format!("{program} reset {channel}"),
            )
        }
        ErrorKind::JobFailed { status, .. } => {
            let line = match status.as_str() {
                "failed" => "job failed".to_owned(),
                status => format!("job was {status}"),
            };
            CliError::of_kind("job_failed", Exit::JobFailed, with_reason(&line, error))
                .hint("It will not produce a seed. Run `fetch` again to start a new one.")
        }
        ErrorKind::WaitTimeout { elapsed, .. } => {
            let elapsed = elapsed.as_secs_f64().ceil();
            let line = format!("timed out after {elapsed}s; the job is still running");
            CliError::of_kind("timeout", Exit::Pending, line)
                .hint("Run the same command to resume; nothing is submitted twice.")
        }
        ErrorKind::UnexpectedStatus => {
            let is_rejection = error.is_from_service()
                && !error.may_have_been_sent()
                && error
                    .status()
                    .is_some_and(|status| status.is_client_error());
            let exit = if is_rejection {
                Exit::Rejected
            } else {
                Exit::Unavailable
            };
            let line = with_reason("unexpected response", error);
            CliError::of_kind("unexpected_status", exit, line).hint(error.help())
        }
        ErrorKind::SeedMissing { .. } => {
            let line = "job finished, but the response has no seed";
            CliError::of_kind("seed_missing", Exit::Failed, line)
                .hint("It may follow later; try again in a few minutes.")
        }
        ErrorKind::InvalidResponse { reason, .. } => {
            let line = format!("invalid response: {reason}");
            CliError::of_kind("invalid_response", Exit::Unavailable, line)
                .hint("The job is not lost; run the same command again.")
        }
        ErrorKind::Transport => {
            let cli_error = CliError::of_kind("unreachable", Exit::Unavailable, transport(error));
            match error.request_status() {
                RequestStatus::NotSent => cli_error.hint(format!(
                    "Nothing was sent. Check your connection and --base-url. Run `{program} \
                     doctor` for details."
                )),
                _ => cli_error.hint("The job is not lost; run the same command again."),
            }
        }
        ErrorKind::Image(reason) => {
            // Its attempts and causes differ from job to job: they are causes.
            let line = error.to_string();
            let image = line.split(": ").next().unwrap_or_default();
            CliError::of_kind("image", Exit::Failed, format!("{image}: {reason}"))
                .hint(format!("{} Run the same command again.", error.help()))
        }
        ErrorKind::Io => CliError::file(without_job(error))
            .hint("Free some space or check permissions, and run the same command again."),
        _ => CliError::new(error.to_string()).hint(error.help()),
    }
}

fn bad_request(error: &Error, reason: &BadRequestReason) -> CliError {
    let (kind, line) = match reason {
        BadRequestReason::ParentNotCompleted => {
            let line = "job is not finished yet";
            return CliError::of_kind("job_not_finished", Exit::Rejected, line)
                .hint("Run the command again when it has finished.");
        }
        BadRequestReason::VerbNotSupported(verb) => (
            "verb_not_supported",
            format!("{verb} jobs have no seed (only imagine, button, and blend jobs do)"),
        ),
        BadRequestReason::Missing(Field::Channel) => (
            "no_channel",
            "the job has no Discord channel, so it has no retrievable seed".to_owned(),
        ),
        BadRequestReason::Missing(Field::Discord) => (
            "no_discord_token",
            "no Discord token for this channel; configure the account at useapi.net".to_owned(),
        ),
        BadRequestReason::Other => ("bad_request", with_reason("rejected by the service", error)),
        reason => ("bad_request", format!("rejected by the service: {reason}")),
    };
    CliError::of_kind(kind, Exit::Rejected, line)
}

/// With the start of the service's own message, if it has one.
fn with_reason(line: &str, error: &Error) -> String {
    let message = error.service_message().unwrap_or_default();
    let mut reason: String = message.chars().take(SHOWN_CHARACTERS).collect();
    if reason.len() < message.len() {
        reason.push('…');
    }
    match reason.as_str() {
        "" => line.to_owned(),
        reason => format!("{line}: {reason}"),
    }
}

/// The library's line without the job's ID, since other jobs meet the same.
fn without_job(error: &Error) -> String {
    let line = error.to_string();
    match error.job_id() {
        Some(id) => line.replacen(&format!("; job {id}"), "", 1),
        None => line,
    }
}

/// What happened to the connection, by the innermost cause.
fn transport(error: &Error) -> String {
    let chain = causes(error).join(": ");
    let attempts = match error.attempts() {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    };
    let host = chain.split("url (").nth(1);
    let host = host.and_then(|url| url.split('/').nth(2));
    let host = host.unwrap_or("the API");
    let what = if chain.contains("dns error") {
        return format!("cannot resolve {host}{attempts}");
    } else if chain.contains("refused") {
        return format!("cannot connect to {host}: connection refused{attempts}");
    } else if chain.contains("InvalidContentType") {
        "the host does not speak TLS; try http://"
    } else if chain.contains("ertificate") {
        "the host's TLS certificate is not trusted"
    } else if error.is_timeout() {
        "no response in time"
    } else if error.request_status() == RequestStatus::NotSent {
        "cannot connect"
    } else {
        "connection lost"
    };
    format!("{what}{attempts}")
}

/// The error as the library prints it, and the errors that caused it.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = vec![sanitize(&error.to_string())];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(sanitize(&cause.to_string()));
        source = cause.source();
    }
    causes
}
