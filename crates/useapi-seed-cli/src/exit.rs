//! The exit codes.

use std::process::ExitCode;

/// What `useapi-seed help exit-codes` prints.
pub(crate) const EXIT_CODES_HELP: &str = "\
Exit codes:
  0    success; for fetch, every seed and image is saved
  1    other error, such as an image that cannot be downloaded
  2    usage or configuration error (option, job ID, setting, base URL, missing token)
  3    request rejected (400, 404, other 4xx of the service itself)
  4    account halted, needs manual action (596, 569)
  5    not finished; run the same command again to resume
  6    unauthorized (401) or no subscription (402)
  7    network or server error (no response, 5xx, invalid JSON, a gateway's response)
  8    job ended without a seed (failed, moderated, cancelled)
  9    file error (configuration and token files: 2)
  130  interrupted by Ctrl-C; run the same command again to resume
  143  terminated by SIGTERM; run the same command again to resume
With several jobs, the most severe code is returned: 2, 6, 4, 9, 1, 3, 8, 7, 5, 0.
130 and 143 come first.";

/// How the command exits, from good to bad.
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

    /// Whether a signal ended the command.
    pub(crate) fn is_interrupt(self) -> bool {
        matches!(self, Self::Interrupted | Self::Terminated)
    }

    /// Whether the same command resumes.
    pub(crate) fn is_pending(self) -> bool {
        self.is_interrupt() || matches!(self, Self::Pending | Self::Unavailable)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_codes_by_severity() {
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
            EXIT_CODES_HELP.contains(&format!("returned: {order}.")),
            "{order}"
        );
        assert!(all.iter().all(|exit| *exit < Exit::Interrupted));
    }
}
