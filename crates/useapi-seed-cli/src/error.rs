//! Errors as a terminal shows them: one line, one hint, an exit code.

use crate::exit::Exit;
use crate::open_files;
use crate::text::sanitize;

/// What went wrong, what to do about it, and how the command exits.
#[derive(Clone, Debug)]
pub(crate) struct CliError {
    exit: Exit,
    kind: &'static str,
    http_status: Option<u16>,
    message: String,
    hint: Option<String>,
    causes: Vec<String>,
    is_permanent: bool,
    is_not_submitted: bool,
}

impl CliError {
    /// An error that has no exit code of its own.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        Self::of_kind("other", Exit::Failed, message)
    }

    /// A mistake in the arguments or the configuration.
    pub(crate) fn usage(message: impl AsRef<str>) -> Self {
        Self::of_kind("usage", Exit::Usage, message)
    }

    /// A local file or directory cannot be read or written.
    pub(crate) fn file(message: impl AsRef<str>) -> Self {
        Self::of_kind("file", Exit::File, message)
    }

    /// `kind` is what programs match: see `errors[].kind` of the schema `result`.
    pub(crate) fn of_kind(kind: &'static str, exit: Exit, message: impl AsRef<str>) -> Self {
        let message = sanitize(message.as_ref());
        Self {
            exit,
            kind,
            http_status: None,
            // Whatever was tried, the limit is what to change.
            hint: open_files::is_named_in(&message).then(|| open_files::HINT.to_owned()),
            message,
            causes: Vec::new(),
            is_permanent: false,
            is_not_submitted: false,
        }
    }

    /// The status is a part of the line, unless that has a reason that says more, or
    /// the response is a job.
    pub(crate) fn with_http_status(mut self, status: Option<u16>) -> Self {
        self.http_status = status;
        let is_shown = match self.exit {
            Exit::JobFailed | Exit::Halted => status.is_some_and(|status| status >= 400),
            Exit::Rejected | Exit::Failed => {
                matches!(self.kind, "not_found" | "unexpected_status")
            }
            _ => true,
        };
        if let Some(status) = status.filter(|_| is_shown) {
            self.message = format!("{} (HTTP {status})", self.message);
        }
        self
    }

    /// What caused it, outermost first; shown with `--verbose`.
    pub(crate) fn with_causes(mut self, causes: Vec<String>) -> Self {
        self.causes = causes;
        self
    }

    /// Adds a line to the hint. Where the limit on open files is the cause, another
    /// hint would mislead.
    pub(crate) fn hint(mut self, line: impl AsRef<str>) -> Self {
        if open_files::is_named_in(&self.message) {
            return self;
        }
        let line = line.as_ref();
        self.hint = Some(match self.hint {
            Some(hint) => format!("{hint}\n{line}"),
            None => line.to_owned(),
        });
        self
    }

    /// Drops the hint.
    pub(crate) fn without_hint(self) -> Self {
        Self { hint: None, ..self }
    }

    /// Adds a command line to run, and what for.
    pub(crate) fn suggest(self, why: &str, command_line: &str) -> Self {
        self.hint(format!("{why}\n  {command_line}"))
    }

    /// Whether every other job would meet it, too.
    pub(crate) fn is_about_all(&self) -> bool {
        const KINDS: [&str; 4] = [
            "unauthorized",
            "no_subscription",
            "unreachable",
            "wrong_base_url",
        ];
        KINDS.contains(&self.kind)
    }

    /// Marks an error that the same command would meet again.
    pub(crate) fn permanent(mut self) -> Self {
        self.is_permanent = true;
        self
    }

    /// The same, with the job's ID in its line.
    pub(crate) fn for_job(mut self, job_id: &str) -> Self {
        self.message = format!("{}: {job_id}", self.message);
        self
    }

    /// The same for another job, which was not submitted because of it.
    pub(crate) fn not_submitted(mut self) -> Self {
        self.is_not_submitted = true;
        self
    }

    pub(crate) fn is_not_submitted(&self) -> bool {
        self.is_not_submitted
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// Whether the same command may succeed later.
    pub(crate) fn is_resumable(&self) -> bool {
        let is_final = self.is_permanent || matches!(self.exit, Exit::Rejected | Exit::Usage);
        !is_final || self.kind == "job_not_finished"
    }

    /// What went wrong, in one line, without the job's ID.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, in lines.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The message without the number of an image, of which a job has several.
    pub(crate) fn group(&self) -> &str {
        let rest = self.message.strip_prefix("image ");
        let rest = rest.and_then(|rest| rest.split_once(": "));
        rest.map_or(&self.message, |(_, reason)| reason)
    }

    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io;

    use nix::errno::Errno;

    use super::*;

    #[test]
    fn limit_on_open_files_is_the_only_hint() {
        let hint = |number: Errno| {
            let error = io::Error::from_raw_os_error(number as i32);
            let error = CliError::file(format!("cannot write a: {error} at path \"a\""))
                .hint("Choose another directory.");
            error.hint_text().unwrap().to_owned()
        };
        for number in [Errno::EMFILE, Errno::ENFILE] {
            assert!(hint(number).starts_with("Raise the limit on open files"));
            assert!(!hint(number).contains("directory"));
        }
        assert_eq!(hint(Errno::ENOSPC), "Choose another directory.");
    }
}
