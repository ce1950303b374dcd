//! The likely cause of an error, and what to do about it.

use useapi_seed_raw::types::Verb;

use super::class::Class;
use super::{Error, ErrorKind, RequestStatus};

impl Error {
    /// The most likely cause, in a sentence or two.
    #[must_use]
    pub fn likely_cause(&self) -> &'static str {
        self.cause_and_help().0
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.cause_and_help().1
    }

    /// Multi-line report: the line of `Display`, the likely cause and the help.
    #[must_use]
    pub fn report(&self) -> String {
        let (cause, help) = self.cause_and_help();
        format!("{self}\nLikely cause: {cause}\nHelp: {help}")
    }

    fn cause_and_help(&self) -> (&'static str, &'static str) {
        match &self.0.kind {
            ErrorKind::InvalidInput { .. } => (
                "Invalid argument. No request was sent.",
                "Correct the value.",
            ),
            ErrorKind::BadRequest(reason) => (
                "The job is not a completed imagine, button or blend job, or a required value is \
                 missing.",
                reason.help(),
            ),
            ErrorKind::Unauthorized => (
                "The token is wrong, revoked or truncated.",
                "Check the API token: use the token of the useapi.net account, not the Discord \
                 token.",
            ),
            ErrorKind::PaymentRequired => (
                "The subscription has expired, or was never paid.",
                "Renew the subscription of the useapi.net account.",
            ),
            ErrorKind::NotFound => (
                "The id is mistyped, expired, or belongs to another account.",
                "Check the id; jobs are kept for at least 31 days. If it is correct, check the \
                 base URL, which ends in /v2.",
            ),
            ErrorKind::TooManyJobs { .. } => (
                "The account executes as many jobs as its plan allows (3 to 12), or the rate limit \
                 was exceeded.",
                self.help_by_class(),
            ),
            ErrorKind::Halted { .. } => (
                "Midjourney's moderation has a message for the account's owner, or requires a \
                 CAPTCHA.",
                "Log in to Discord and acknowledge Midjourney's message or solve its CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Then reset the account. Until \
                 then every call is rejected.",
            ),
            ErrorKind::JobFailed { .. } => (
                "Midjourney timed out, moderation rejected the job, or it was cancelled.",
                "The service message, if any, has the reason. A new submission starts a new job.",
            ),
            ErrorKind::WaitTimeout { .. } => (
                "Midjourney is slow, or the timeout is short: the service polls Discord every 15 \
                 to 60 seconds.",
                "The job is still running. Resume the wait with its id; do not submit it again.",
            ),
            ErrorKind::UnexpectedStatus => self.unexpected_status(),
            // Only seed jobs can be waited for.
            ErrorKind::SeedMissing {
                verb: None | Some(Verb::SeedAsync),
            } => (
                "The response has no seed in any documented location.",
                "Poll the job again later. If the seed is still missing, check the response, which \
                 is kept, and contact the service's support.",
            ),
            ErrorKind::SeedMissing { .. } => (
                "The id is the parent job's, not the seed job's.",
                "Wait for a seed job instead. To retrieve the seed of an imagine, button or blend \
                 job, submit that job's id.",
            ),
            ErrorKind::InvalidResponse { .. } => (
                "The connection was interrupted, or a proxy or login page responded.",
                self.help_by_class(),
            ),
            ErrorKind::Transport if self.0.request_status != RequestStatus::NotSent => (
                "The connection was interrupted, or the service is slow.",
                self.help_by_class(),
            ),
            ErrorKind::Transport => (
                if self.is_timeout() {
                    "The timeout is too short, or the network blocks the connection."
                } else {
                    "No network, an unknown host name, a closed port, or an untrusted certificate."
                },
                "Nothing was sent. Check the network and the base URL, then retry.",
            ),
            #[cfg(feature = "images")]
            ErrorKind::Image(error) => (
                "The image host or a proxy failed, or the URL has expired (after about a day).",
                if error.is_expired() {
                    "Poll the job again: its response usually has renewed URLs, valid for about a \
                     day."
                } else {
                    error.help()
                },
            ),
            #[cfg(feature = "images")]
            ErrorKind::Io => (
                "The destination is not writable, full or unreachable, or has another file of that \
                 name.",
                "Check that the destination is writable and has free space. The result is not \
                 lost: save it elsewhere.",
            ),
        }
    }

    fn unexpected_status(&self) -> (&'static str, &'static str) {
        match self.status().map(|status| status.as_u16()) {
            // A redirect, or a 404 that is not the service's own.
            Some(300..400 | 404) => (
                "The base URL is wrong or incomplete, or a captive portal intercepts requests.",
                "Check the base URL, which is https://api.useapi.net/v2 by default, and any \
                 proxy. If they are correct and this was a submission, search for the job before \
                 submitting again.",
            ),
            Some(500..) => (
                "The service, or a gateway or proxy in front of it, is overloaded or down.",
                self.help_by_class(),
            ),
            _ => (
                "A gateway or proxy rejects the request, or the service has changed.",
                self.help_by_class(),
            ),
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
}
