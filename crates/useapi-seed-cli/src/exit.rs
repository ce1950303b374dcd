//! The exit codes.

use std::process::ExitCode;

use useapi_seed::{Error, ErrorKind};

/// What `--help` says of the exit codes.
pub(crate) const EXIT_CODES_HELP: &str = "\
Exit codes:
  0    done; for fetch: each folder holds the seed and every image
  1    any other failure than these, such as an image that cannot be had
  2    wrong use: an option, a job id, a setting, no token
  3    rejected by the service itself: 400, 404 or another 4xx
  4    the account is halted until a person acts: 596 or 569
  5    not yet: the job still runs or has no place; the same command goes on
  6    no access: the token is wrong (401) or its subscription has run out (402)
  7    no usable response: the network, a 5xx, no JSON, or a gateway's or proxy's
  8    the job has ended without a seed: failed, moderated or cancelled
  9    a file or folder cannot be read or written; of settings and token it is 2
  130  ended by Ctrl-C; the same command goes on
  143  ended by SIGTERM; the same command goes on
Of several jobs the worst one counts, by this order: 2, 6, 4, 9, 1, 3, 8, 7, 5, 0.
When it is interrupted, that counts.";

/// How the command ends, from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    #[default]
    Done,
    Pending,
    Unavailable,
    JobFailed,
    Rejected,
    Failed,
    File,
    Halted,
    Auth,
    Usage,
    Interrupted,
    Terminated,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Rejected => 3,
            Self::Halted => 4,
            Self::Pending => 5,
            Self::Auth => 6,
            Self::Unavailable => 7,
            Self::JobFailed => 8,
            Self::File => 9,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Whether somebody has ended it.
    pub(crate) fn is_interrupt(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// Whether it is not over: nothing has failed for good.
    pub(crate) fn is_waiting(self) -> bool {
        self.is_interrupt() || matches!(self, Self::Pending | Self::Unavailable)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidInput { .. } => Self::Usage,
            ErrorKind::BadRequest(_) | ErrorKind::NotFound => Self::Rejected,
            ErrorKind::Unauthorized | ErrorKind::PaymentRequired => Self::Auth,
            ErrorKind::UnexpectedStatus
                if error.is_from_service()
                    && !error.may_have_been_sent()
                    && error
                        .status()
                        .is_some_and(|status| status.is_client_error()) =>
            {
                Self::Rejected
            }
            ErrorKind::Transport
            | ErrorKind::UnexpectedStatus
            | ErrorKind::InvalidResponse { .. } => Self::Unavailable,
            ErrorKind::Halted { .. } => Self::Halted,
            ErrorKind::JobFailed { .. } => Self::JobFailed,
            ErrorKind::WaitTimeout { .. } | ErrorKind::TooManyJobs { .. } => Self::Pending,
            ErrorKind::Io => Self::File,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_what_the_help_says() {
        let mut all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Rejected,
            Exit::Halted,
            Exit::Pending,
            Exit::Auth,
            Exit::Unavailable,
            Exit::JobFailed,
            Exit::File,
        ];
        all.sort();
        let codes = all.iter().rev().map(|exit| exit.code().to_string());
        let order = codes.collect::<Vec<_>>().join(", ");
        assert!(
            EXIT_CODES_HELP.contains(&format!("by this order: {order}.")),
            "{order}"
        );
        assert!(all.iter().all(|exit| *exit < Exit::Interrupted));
    }
}
