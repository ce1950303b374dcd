//! Failures, told as advice.

use useapi_seed::{Error, ErrorKind};

use crate::exit::Exit;
use crate::terminal::{plain, tell};

/// What went wrong, what to do about it, and how the command ends.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    advice: Vec<String>,
}

impl Failure {
    /// A failure that is none of those with a code of their own.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        Self {
            exit: Exit::Failed,
            message: plain(message.as_ref()),
            advice: Vec::new(),
        }
    }

    /// Says what it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Adds a sentence of advice.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// Adds a command line to run, and what for.
    pub(crate) fn suggest(self, why: &str, line: &str) -> Self {
        self.advise(format!("{why}\n\n    {line}"))
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Writes it to stderr.
    pub(crate) fn report(&self) {
        tell(format_args!("error: {}", self.message));
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
        }
        .advise(error.advice());
        match error.kind() {
            ErrorKind::TooManyJobs { executing, .. } if !executing.is_empty() => {
                failure.advise(plain(&format!("Executing: {}", executing.join(", "))))
            }
            _ => failure,
        }
    }
}
