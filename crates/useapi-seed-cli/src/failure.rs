//! Failures, told as advice.

mod advice;

use useapi_seed::Error;

use crate::exit::Exit;
use crate::open_files;
use crate::terminal::{error_mark, plain, tell};

/// What went wrong, what to do about it, and how the command ends.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    advice: Vec<String>,
    /// Whether the same command would fail in the same way.
    stays: bool,
}

impl Failure {
    /// A failure that is none of those with a code of their own.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        let message = plain(message.as_ref());
        let is_limit = open_files::is_named_in(&message);
        Self {
            exit: Exit::Failed,
            message,
            advice: is_limit.then(open_files::advice).into_iter().collect(),
            stays: false,
        }
    }

    /// A mistake in what was asked for.
    pub(crate) fn wrong_use(message: impl AsRef<str>) -> Self {
        Self::new(message).ends(Exit::WrongUse)
    }

    /// Something about the files here.
    pub(crate) fn file(message: impl AsRef<str>) -> Self {
        Self::new(message).ends(Exit::File)
    }

    /// Ends the command so.
    pub(crate) fn ends(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Adds a sentence of advice, which would mislead where the limit on open files is
    /// the cause, whatever was tried.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        if !open_files::is_named_in(&self.message) {
            self.advice.push(advice.into());
        }
        self
    }

    /// Adds a command line to run, and what for.
    pub(crate) fn suggest(self, why: &str, line: &str) -> Self {
        self.advise(format!("{why}\n\n    {line}"))
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Says that the same command would fail in the same way.
    pub(crate) fn stays(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Whether the same command may do better.
    pub(crate) fn can_go_on(&self) -> bool {
        !self.stays && !matches!(self.exit, Exit::Refused | Exit::WrongUse)
    }

    /// What went wrong, in a line.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &[String] {
        &self.advice
    }

    /// Writes it to stderr.
    pub(crate) fn report(&self) {
        tell(format_args!("{} {}", error_mark(), self.message));
        for advice in &self.advice {
            tell(format_args!("\n  {advice}"));
        }
        if !self.advice.is_empty() {
            tell("");
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self {
            exit: Exit::from(&error),
            ..Self::new(error.to_string())
        };
        advice::add(failure, &error)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io;

    use nix::errno::Errno;

    use super::*;

    #[test]
    fn limit_on_open_files_is_the_only_advice() {
        let advice = |number: Errno| {
            let error = io::Error::from_raw_os_error(number as i32);
            Failure::file(format!("cannot write a: {error} at path \"a\""))
                .advise("Choose another directory.")
                .advice()
                .join("; ")
        };
        for number in [Errno::EMFILE, Errno::ENFILE] {
            assert!(advice(number).starts_with("The limit on open files (ulimit -n) is "));
            assert!(!advice(number).contains("directory"));
        }
        assert_eq!(advice(Errno::ENOSPC), "Choose another directory.");
    }
}
