//! What is printed: results to stdout, everything else to stderr.
//!
//! `println!` and `eprintln!` panic when the reader has closed the pipe; these do not.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{LazyLock, OnceLock};

use console::Style;
use indicatif::MultiProgress;

use crate::error::CliError;

/// The lines that change; they are below all others on stderr.
pub(crate) static PROGRESS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Keeps the terminal from echoing `^C`, which would move the progress lines, until
/// [`end_progress`].
pub(crate) fn begin_progress() {
    echo_controls(false);
}

/// Clears the progress lines.
pub(crate) fn end_progress() {
    let _ = PROGRESS.clear();
    echo_controls(true);
}

#[cfg(unix)]
fn echo_controls(are_echoed: bool) {
    use rustix::process::getpgrp;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

    /// The terminal's own mode.
    static MODE: OnceLock<Termios> = OnceLock::new();
    // In the background this would stop the process.
    if tcgetpgrp(io::stderr()).ok() != Some(getpgrp()) {
        return;
    }
    let mode = if are_echoed {
        MODE.get().cloned()
    } else {
        tcgetattr(io::stderr()).ok().map(|mut mode| {
            let _ = MODE.set(mode.clone());
            mode.local_modes.remove(LocalModes::ECHOCTL);
            mode
        })
    };
    if let Some(mode) = mode {
        let _ = tcsetattr(io::stderr(), OptionalActions::Now, &mode);
    }
}

#[cfg(not(unix))]
fn echo_controls(_: bool) {}

/// How much is printed to stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// `--quiet`: errors alone.
    Quiet,
    #[default]
    Normal,
    /// `--verbose`: also causes and details.
    Verbose,
    /// `-vv`: also requests.
    Debug,
}

static VERBOSITY: OnceLock<Verbosity> = OnceLock::new();

/// Set once, by the command line.
pub(crate) fn set_verbosity(verbosity: Verbosity) {
    let _ = VERBOSITY.set(verbosity);
}

pub(crate) fn verbosity() -> Verbosity {
    VERBOSITY.get().copied().unwrap_or_default()
}

/// Lets `NO_COLOR` override `CLICOLOR_FORCE`, as <https://bixense.com/clicolors>
/// specifies; console does the rest.
pub(crate) fn apply_no_color() {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        set_colors(false);
    }
}

pub(crate) fn set_colors(are_enabled: bool) {
    console::set_colors_enabled(are_enabled);
    console::set_colors_enabled_stderr(are_enabled);
}

/// Prints a line to stderr, unless `--quiet` is given.
pub(crate) fn eprint(line: impl Display) {
    if verbosity() > Verbosity::Quiet {
        eprint_always(line);
    }
}

/// Prints a note to stderr, unless `--quiet` is given.
pub(crate) fn eprint_note(note: impl Display) {
    eprint(format_args!("{} {note}", note_label()));
}

/// Prints a line to stderr.
pub(crate) fn eprint_always(line: impl Display) {
    // Where stderr is closed, there is nobody to inform.
    let _ = PROGRESS.suspend(|| writeln!(io::stderr(), "{line}"));
}

/// Prints an error, its hint, and with `--verbose` its causes.
pub(crate) fn eprint_error(error: &CliError) {
    eprint_error_line(error);
    eprint_details(error);
}

/// Prints the hint of an error, and with `--verbose` its causes.
pub(crate) fn eprint_details(error: &CliError) {
    for line in error.hint_text().into_iter().flat_map(str::lines) {
        eprint_always(format_args!("  {line}"));
    }
    if verbosity() >= Verbosity::Verbose {
        for cause in error.causes() {
            eprint_always(format_args!("  cause: {cause}"));
        }
    }
}

/// Prints an error in one line.
pub(crate) fn eprint_error_line(error: &CliError) {
    eprint_always(format_args!("{} {}", failure("error:"), error.message()));
}

/// Prints a result to stdout, and flushes it.
pub(crate) fn print(result: &str) -> io::Result<()> {
    PROGRESS.suspend(|| print_unsynchronized(result))
}

/// As `print`, where there are no progress lines: a blocking write does not block
/// stderr.
pub(crate) fn print_unsynchronized(result: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(result.as_bytes())?;
    stdout.flush()
}

/// As `print`, but a closed stdout is not an error: the reader has read enough.
pub(crate) fn print_or_closed(result: &str) -> Result<(), CliError> {
    match print(result) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::file(format!("cannot print the result: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// In red where stderr has colors.
pub(crate) fn failure(text: impl Display) -> impl Display {
    Style::new().for_stderr().red().bold().apply_to(text)
}

/// `note:`, in yellow where stderr has colors.
pub(crate) fn note_label() -> impl Display {
    Style::new().for_stderr().yellow().apply_to("note:")
}

/// In green where stderr has colors.
pub(crate) fn success(text: impl Display) -> impl Display {
    Style::new().for_stderr().green().apply_to(text)
}
