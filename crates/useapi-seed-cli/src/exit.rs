//! The exit codes.

use std::process::ExitCode;

use useapi_seed::{Error, ErrorKind};

/// What `--help` says of the exit codes.
pub(crate) const EXPLAINED: &str = "\
Exit codes:
  0  done: the folder holds the seed and every image of the answer
  1  any other failure than these
  2  wrong use: an option, the job id, USEAPI_TOKEN or USEAPI_BASE_URL
  3  refused by the service: 400, 401, 402, 404, 429 or another 4xx
  4  the account is halted until a person acts: 596 or 569
  5  the job still runs; `useapi-seed wait` goes on";

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    WrongUse,
    Refused,
    Halted,
    StillRunning,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::WrongUse => 2,
            Exit::Refused => 3,
            Exit::Halted => 4,
            Exit::StillRunning => 5,
        })
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidInput { .. } => Self::WrongUse,
            ErrorKind::Refused(_)
            | ErrorKind::Unauthorized
            | ErrorKind::NoSubscription
            | ErrorKind::NotFound
            | ErrorKind::TooManyJobs { .. } => Self::Refused,
            ErrorKind::UnexpectedStatus
                if error
                    .status()
                    .is_some_and(|status| status.is_client_error()) =>
            {
                Self::Refused
            }
            ErrorKind::Halted { .. } => Self::Halted,
            ErrorKind::StillRunning { .. } => Self::StillRunning,
            _ => Self::Failed,
        }
    }
}
