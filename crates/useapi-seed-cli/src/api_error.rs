//! The library's errors as the command prints them: one line, and what to do next.

use std::error::Error as _;

use useapi_seed::{BadRequestReason, Error, ErrorKind, Field, RequestStatus, channel_of};

use crate::command_line::program;
use crate::error::CliError;
use crate::exit::Exit;
use crate::text::sanitize;

/// How much of the service's message is shown.
const SHOWN_CHARACTERS: usize = 300;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for CliError {
    fn from(error: &Error) -> Self {
        let status = error.status().map(|status| status.as_u16());
        let message = match status {
            Some(status) if shows_status(error) => format!("{} (HTTP {status})", headline(error)),
            _ => headline(error),
        };
        let cli_error = Self::of_kind(kind(error), Exit::from(error), message)
            .with_http_status(status)
            .with_causes(causes(error));
        hint(error).into_iter().fold(cli_error, Self::hint)
    }
}

/// The name of the kind, for programs.
fn kind(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::InvalidInput { .. } => "usage",
        ErrorKind::BadRequest(reason) => match reason {
            BadRequestReason::ParentNotCompleted => "job_not_finished",
            BadRequestReason::VerbNotSupported(_) => "verb_not_supported",
            BadRequestReason::Missing(Field::Channel) => "no_channel",
            BadRequestReason::Missing(Field::Discord) => "no_discord_token",
            _ => "bad_request",
        },
        ErrorKind::Unauthorized => "unauthorized",
        ErrorKind::PaymentRequired => "no_subscription",
        ErrorKind::NotFound => "not_found",
        ErrorKind::TooManyJobs { .. } => "too_many_jobs",
        ErrorKind::Halted { .. } => "account_halted",
        ErrorKind::JobFailed { .. } => "job_failed",
        ErrorKind::WaitTimeout { .. } => "timeout",
        ErrorKind::UnexpectedStatus => "unexpected_status",
        ErrorKind::SeedMissing { .. } => "seed_missing",
        ErrorKind::InvalidResponse { .. } => "invalid_response",
        ErrorKind::Transport => "unreachable",
        ErrorKind::Image(_) => "image",
        ErrorKind::Io => "file",
        _ => "other",
    }
}

fn shows_status(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::BadRequest(reason) if *reason != BadRequestReason::Other
    ) && !matches!(
        error.kind(),
        ErrorKind::WaitTimeout { .. } | ErrorKind::Image(_) | ErrorKind::JobFailed { .. }
    )
}

fn headline(error: &Error) -> String {
    let service_message = || shortened(error.service_message().unwrap_or_default());
    match error.kind() {
        ErrorKind::InvalidInput { field, reason, .. } => format!("{field} {reason}"),
        ErrorKind::BadRequest(reason) => bad_request(reason, &service_message()),
        ErrorKind::Unauthorized => "API token rejected".to_owned(),
        ErrorKind::PaymentRequired => "no active useapi.net subscription".to_owned(),
        ErrorKind::NotFound => "job not found".to_owned(),
        ErrorKind::TooManyJobs { .. } => match error.retry_after().filter(|wait| !wait.is_zero()) {
            Some(wait) => format!("rate limited; retry in {}s", wait.as_secs()),
            None => "no free slot: too many running jobs".to_owned(),
        },
        ErrorKind::Halted { .. } => "account halted by Midjourney".to_owned(),
        ErrorKind::JobFailed { status, .. } => {
            let ended = format!("job was {}", ended(status.as_str()));
            with_reason(ended, &service_message())
        }
        ErrorKind::WaitTimeout { elapsed, .. } => format!(
            "timed out after {}s; the job is still running",
            elapsed.as_secs_f64().ceil()
        ),
        ErrorKind::UnexpectedStatus => {
            with_reason("unexpected response".to_owned(), &service_message())
        }
        ErrorKind::SeedMissing { .. } => "job finished, but the response has no seed".to_owned(),
        ErrorKind::InvalidResponse { reason, .. } => format!("invalid response: {reason}"),
        ErrorKind::Transport => transport(error),
        // The line names the image, and here not the job, as other jobs meet the same.
        _ => {
            let line = error.to_string();
            let job = error.job_id().map(|id| format!("; job {id}"));
            job.map_or_else(|| line.clone(), |job| line.replacen(&job, "", 1))
        }
    }
}

/// With the service's own reason, if it gives one.
fn with_reason(text: String, reason: &str) -> String {
    match reason {
        "" => text,
        reason => format!("{text}: {reason}"),
    }
}

/// Enough of a service's message for one line.
fn shortened(message: &str) -> String {
    let mut shown: String = message.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < message.len() {
        shown.push('…');
    }
    shown
}

/// The participle of a final status.
fn ended(status: &str) -> &str {
    match status {
        "failed" => "not completed: it failed",
        status => status,
    }
}

fn bad_request(reason: &BadRequestReason, service_message: &str) -> String {
    match reason {
        BadRequestReason::ParentNotCompleted => "job is not finished yet".to_owned(),
        BadRequestReason::VerbNotSupported(verb) => {
            format!("{verb} jobs have no seed (only imagine, button, and blend jobs do)")
        }
        BadRequestReason::Missing(Field::Channel) => {
            "the job has no Discord channel, so it has no retrievable seed".to_owned()
        }
        BadRequestReason::Missing(Field::Discord) => {
            "no Discord token for this channel; configure the account at useapi.net".to_owned()
        }
        BadRequestReason::Other if service_message.is_empty() => {
            "rejected by the service".to_owned()
        }
        BadRequestReason::Other => format!("rejected by the service: {service_message}"),
        reason => format!("rejected by the service: {reason}"),
    }
}

/// What happened to the connection, by the innermost cause.
fn transport(error: &Error) -> String {
    let chain = causes(error).join(": ");
    let attempts = match error.attempts() {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    };
    let what = if chain.contains("dns error") {
        "cannot resolve the host of the base URL"
    } else if chain.contains("InvalidContentType") {
        "the host does not speak TLS; try http://"
    } else if chain.contains("refused") {
        "cannot connect: connection refused"
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

fn causes(error: &Error) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(sanitize(&cause.to_string()));
        source = cause.source();
    }
    causes
}

/// What to do about it.
fn hint(error: &Error) -> Option<String> {
    let program = program();
    Some(match error.kind() {
        ErrorKind::Halted { .. } => {
            let ids = [error.job_id(), error.parent_job_id()];
            let channel = ids.into_iter().flatten().find_map(channel_of);
            let channel = channel.unwrap_or("CHANNEL");
            format!(
                "Log in to Discord and acknowledge Midjourney's message, or solve the CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Do not retry before that. \
                 Then run:\n  {program} reset {channel}"
            )
        }
        ErrorKind::InvalidInput { .. } => error.help().to_owned(),
        ErrorKind::BadRequest(BadRequestReason::ParentNotCompleted) => {
            "Run the command again when it has finished.".to_owned()
        }
        // The line says it all.
        ErrorKind::BadRequest(
            BadRequestReason::VerbNotSupported(_)
            | BadRequestReason::Missing(Field::Channel | Field::Discord),
        ) => return None,
        ErrorKind::Unauthorized => format!(
            "Use the API token of your useapi.net account, not a Discord token. It may also be \
             incomplete or replaced.\nRun `{program} login` to replace it, or `{program} config` \
             to see where it is read from."
        ),
        ErrorKind::PaymentRequired => {
            "Renew it at useapi.net, then run the command again.".to_owned()
        }
        ErrorKind::NotFound => "It may be mistyped, belong to another account, or be too old \
                                (jobs are kept for at least 31 days)."
            .to_owned(),
        ErrorKind::WaitTimeout { .. } => {
            "Run the same command to resume; nothing is submitted twice.".to_owned()
        }
        ErrorKind::JobFailed { .. } => {
            "It will not produce a seed. Run `fetch` again to start a new one.".to_owned()
        }
        ErrorKind::SeedMissing { .. } => {
            "It may follow later; try again in a few minutes.".to_owned()
        }
        ErrorKind::TooManyJobs { executing, .. } if !executing.is_empty() => {
            let running = sanitize(&executing.join(", "));
            format!("Nothing was started. Running: {running}")
        }
        ErrorKind::Transport if error.request_status() == RequestStatus::NotSent => format!(
            "Nothing was sent. Check your connection and --base-url. Run `{program} doctor` for \
             details."
        ),
        _ if error.may_have_been_sent() => "The request may have been received. Run the same \
                                            command: it checks for a running job before \
                                            submitting."
            .to_owned(),
        ErrorKind::Image(_) => {
            format!("{} Run the same command again.", error.help())
        }
        ErrorKind::Io => {
            "Free some space or check permissions, and run the same command again.".to_owned()
        }
        ErrorKind::Transport | ErrorKind::InvalidResponse { .. } if error.job_id().is_some() => {
            "The job is not lost; run the same command again.".to_owned()
        }
        _ => error.help().to_owned(),
    })
}
