//! The limit on open files: found before work begins that needs more, and named where
//! it is reached all the same.

use crate::failure::Failure;

/// What the runtime, the system's certificates and a few requests need.
const NEEDED: usize = 24;

/// Whether enough files can be opened to do anything.
pub(crate) fn check() -> Result<(), Failure> {
    check_for(NEEDED)
}

/// Whether this number of files can be opened.
#[cfg(unix)]
pub(crate) fn check_for(needed: usize) -> Result<(), Failure> {
    let mut files = Vec::new();
    while files.len() < needed {
        match std::fs::File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) if is_named_in(&error.to_string()) => {
                let left = files.len();
                return Err(Failure::file(format!(
                    "{needed} more files have to be opened, and {left} can be: {error}"
                )));
            }
            // A system without that file.
            Err(_) => break,
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as where there is a limit")]
pub(crate) fn check_for(_: usize) -> Result<(), Failure> {
    Ok(())
}

/// Whether a message has the system's text for the limit. Errors of I/O are wrapped in
/// many ways, but each shows it.
#[cfg(unix)]
pub(crate) fn is_named_in(message: &str) -> bool {
    use rustix::io::Errno;

    [Errno::MFILE, Errno::NFILE].into_iter().any(|error| {
        let text = std::io::Error::from(error).to_string();
        message.contains(&text)
    })
}

#[cfg(not(unix))]
pub(crate) fn is_named_in(_: &str) -> bool {
    false
}

/// What to do about it.
pub(crate) fn advice() -> String {
    let limit = limit().map_or_else(String::new, |limit| format!(" is {limit}"));
    format!(
        "The limit on open files (ulimit -n){limit}. Raise it, such as with `ulimit -n 1024`, then \
         run the same command again."
    )
}

#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}
