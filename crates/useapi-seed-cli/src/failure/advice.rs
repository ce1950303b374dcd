//! What to do about the library's errors, in the words of a terminal.

use useapi_seed::{Error, ErrorKind, RequestStatus, channel_of};

use super::Failure;
use crate::shell;
use crate::terminal::plain;

/// Why it usually happens, and what to type next.
pub(super) fn add(failure: Failure, error: &Error) -> Failure {
    if matches!(error.kind(), ErrorKind::InvalidInput { .. }) {
        return failure.advise(error.help());
    }
    if let ErrorKind::Image(_) = error.kind() {
        return failure
            .advise(error.help())
            .advise("The same command fetches what is missing.");
    }
    let failure = failure.advise(format!("Usual cause: {}", error.likely_cause()));
    let line = |command: &str| format!("{} {command}", shell::program());
    match error.kind() {
        ErrorKind::Halted { .. } => {
            let mut ids = [error.job_id(), error.parent_job_id()]
                .into_iter()
                .flatten();
            let channel = ids.find_map(channel_of).unwrap_or("CHANNEL");
            failure.suggest(
                "Log in to Discord, and acknowledge Midjourney's message or solve its CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Then reset the account:",
                &line(&format!("reset {channel}")),
            )
        }
        ErrorKind::Unauthorized => failure
            .advise(error.help())
            .suggest("Where the token comes from:", &line("config")),
        ErrorKind::WaitTimeout { .. } => {
            failure.advise("The job runs on; it need not be submitted again.")
        }
        ErrorKind::JobFailed { .. } => failure
            .advise("The job will not go on. The service's words, if there are any, say why."),
        ErrorKind::TooManyJobs { executing, .. } if !executing.is_empty() => {
            let executing = plain(&executing.join(", "));
            failure.advise(format!("Nothing was started. Executing: {executing}"))
        }
        ErrorKind::Transport if error.request_status() == RequestStatus::NotSent => failure
            .advise(error.help())
            .suggest("To see what works:", &line("doctor")),
        _ if error.may_have_been_sent() => failure.advise(
            "It may have been sent, though the answer is of no use. A fetch looks for the job that \
             it may have started before it submits again.",
        ),
        ErrorKind::Transport | ErrorKind::InvalidResponse { .. } if error.job_id().is_some() => {
            failure.advise("The job is not lost: the same command asks for it again.")
        }
        _ => failure.advise(error.help()),
    }
}
