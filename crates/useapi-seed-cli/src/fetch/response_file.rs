//! `response.txt`: a response that cannot be parsed, or may hide a started job. It may be
//! the only trace of that job.

use std::path::Path;

use useapi_seed::{Error, ErrorKind};

use crate::atomic_file;
use crate::error::CliError;
use crate::terminal::{eprint_error, eprint_note};

const NAME: &str = "response.txt";

/// Keeps such a response, and says where.
pub(super) fn keep(dir: &Path, error: &Error) {
    if write(dir, error) {
        eprint_note(format_args!(
            "response saved to {}",
            dir.join(NAME).display()
        ));
    }
}

/// Keeps such a response; whether there is one.
pub(super) fn write(dir: &Path, error: &Error) -> bool {
    let is_trace =
        matches!(error.kind(), ErrorKind::InvalidResponse { .. }) || error.may_have_been_sent();
    let Some(body) = error.body().filter(|body| is_trace && !body.is_empty()) else {
        return false;
    };
    let path = dir.join(NAME);
    let written = atomic_file::write(&path, body);
    if let Err(error) = &written {
        let message = format!("cannot write {}: {error}", path.display());
        eprint_error(&CliError::file(message));
    }
    written.is_ok()
}
