//! The likely cause of an error, and what to do about it.

use useapi_seed_raw::types::Verb;

use super::class::Class;
use super::{Error, ErrorKind, RequestStatus};

impl Error {
    /// The most likely cause, in a sentence or two.
    #[must_use]
    pub fn likely_cause(&self) -> &'static str {
        match &self.0.kind {
            ErrorKind::InvalidInput { .. } => "Invalid argument. No request was sent.",
            ErrorKind::BadRequest(_) => {
                "The job does not support seed retrieval, or a required value is missing."
            }
            ErrorKind::Unauthorized => "The token is wrong, revoked or truncated.",
            ErrorKind::PaymentRequired => "The subscription has expired, or was never paid.",
            ErrorKind::NotFound => "The id is mistyped, expired, or belongs to another account.",
            ErrorKind::TooManyJobs { .. } => {
                "The account executes as many jobs as its plan allows (3 to 12), or the rate limit \
                 was exceeded."
            }
            ErrorKind::Halted { .. } => {
                "Midjourney's moderation has a message for the account's owner, or requires a \
                 CAPTCHA."
            }
            ErrorKind::JobFailed { .. } => {
                "Midjourney timed out, moderation rejected the job, or it was cancelled."
            }
            ErrorKind::WaitTimeout { .. } => {
                "Midjourney is slow, or the timeout is short: the service polls Discord every 15 \
                 to 60 seconds."
            }
            ErrorKind::UnexpectedStatus if self.is_from_another_server() => {
                "The base URL is wrong or incomplete, or a captive portal intercepts requests."
            }
            ErrorKind::UnexpectedStatus if self.is_server_error() => {
                "The service, or a gateway or proxy in front of it, is overloaded or down."
            }
            ErrorKind::UnexpectedStatus => {
                "A gateway or proxy rejects the request, or the service has changed."
            }
            ErrorKind::SeedMissing { verb } if is_seed_job(verb.as_ref()) => {
                "The response has no seed in any documented location."
            }
            ErrorKind::SeedMissing { .. } => "The id is the parent job's, not the seed job's.",
            ErrorKind::InvalidResponse { .. } => {
                "The connection was interrupted, or a proxy or login page responded."
            }
            ErrorKind::Transport if self.0.request_status != RequestStatus::NotSent => {
                "The connection was interrupted, or the service is slow."
            }
            ErrorKind::Transport if self.is_timeout() => {
                "The timeout is too short, or the network blocks the connection."
            }
            ErrorKind::Transport => {
                "No network, an unknown host name, a closed port, or an untrusted certificate."
            }
            #[cfg(feature = "images")]
            ErrorKind::Image(_) => {
                "Image URLs expire after about a day; a proxy may also block them."
            }
            #[cfg(feature = "images")]
            ErrorKind::Io => "The directory is not writable, or the disk is full.",
        }
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match &self.0.kind {
            ErrorKind::InvalidInput { .. } => "Correct the value.",
            ErrorKind::BadRequest(reason) => reason.help(),
            ErrorKind::Unauthorized => {
                "Check the API token: use the token of the useapi.net account, not the Discord \
                 token."
            }
            ErrorKind::PaymentRequired => "Renew the subscription of the useapi.net account.",
            ErrorKind::NotFound => {
                "Check the id; jobs are kept for at least 31 days. If it is correct, check the \
                 base URL, which ends in /v2."
            }
            ErrorKind::Halted { .. } => {
                "Log in to Discord and acknowledge Midjourney's message or solve its CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Then reset the account. Until \
                 then every call is rejected."
            }
            ErrorKind::JobFailed { .. } => {
                "The service message, if any, has the reason. A new submission starts a new job."
            }
            ErrorKind::WaitTimeout { .. } => {
                "The job is still running. Resume the wait with its id; do not submit it again."
            }
            ErrorKind::SeedMissing { verb } if is_seed_job(verb.as_ref()) => {
                "Poll the job again later. If the seed is still missing, check the response, which \
                 is kept, and contact the service's support."
            }
            ErrorKind::SeedMissing { .. } => {
                "Wait for a seed job instead. To retrieve the seed of an imagine, button or blend \
                 job, submit that job's id."
            }
            #[cfg(feature = "images")]
            ErrorKind::Image(error) if error.is_expired() => {
                "Poll the job again: its response usually has renewed URLs, valid for about a day."
            }
            #[cfg(feature = "images")]
            ErrorKind::Image(error) => error.help(),
            #[cfg(feature = "images")]
            ErrorKind::Io => {
                "Check that the directory is writable and has free space. The result is not lost: \
                 save it to another directory."
            }
            ErrorKind::Transport if self.0.request_status == RequestStatus::NotSent => {
                "Nothing was sent. Check the network and the base URL, then retry."
            }
            ErrorKind::UnexpectedStatus if self.is_from_another_server() => {
                "Check the base URL, which is https://api.useapi.net/v2 by default, and any proxy. \
                 If they are correct and this was a submission, search for the job before \
                 submitting again."
            }
            ErrorKind::TooManyJobs { .. }
            | ErrorKind::UnexpectedStatus
            | ErrorKind::InvalidResponse { .. }
            | ErrorKind::Transport => self.help_by_class(),
        }
    }

    fn help_by_class(&self) -> &'static str {
        match self.class() {
            Class::Permanent => {
                "The status is not documented. If it persists, check the response body and contact \
                 the service's support."
            }
            _ if self.0.job_id.is_some() => {
                "The job is not lost. Poll it again later, or resume the wait with its id."
            }
            Class::NotProcessed => {
                "Nothing was started. Retry after the time that the service asks for, or when an \
                 executing job has finished."
            }
            Class::Transient => "Nothing was changed. Retry later.",
            Class::Ambiguous => {
                "If this was a submission, a job may be running: search for the job before \
                 submitting again."
            }
        }
    }

    /// Multi-line report: the line of `Display`, the likely cause and the help.
    #[must_use]
    pub fn report(&self) -> String {
        format!(
            "{self}\nLikely cause: {}\nHelp: {}",
            self.likely_cause(),
            self.help()
        )
    }

    /// A redirect, or a 404 that is not the service's own.
    fn is_from_another_server(&self) -> bool {
        self.status()
            .is_some_and(|status| matches!(status.as_u16(), 300..400 | 404))
    }

    fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.as_u16() >= 500)
    }
}

/// Only seed jobs can be waited for.
fn is_seed_job(verb: Option<&Verb>) -> bool {
    matches!(verb, Some(Verb::SeedAsync) | None)
}
