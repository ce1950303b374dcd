//! The limit on open files: checked before work begins that needs more, and named where
//! it is reached all the same.

/// How many files can be opened, and the system's error, where that is fewer than
/// `needed`.
#[cfg(unix)]
fn missing(needed: usize) -> Option<(usize, std::io::Error)> {
    let mut files = Vec::new();
    while files.len() < needed {
        match std::fs::File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) if is_named_in(&error.to_string()) => return Some((files.len(), error)),
            // A system without that file.
            Err(_) => break,
        }
    }
    None
}

#[cfg(not(unix))]
fn missing(_: usize) -> Option<(usize, std::io::Error)> {
    None
}

/// An error where fewer than `needed` files can be opened.
pub(crate) fn check(needed: usize) -> Result<(), String> {
    missing(needed).map_or(Ok(()), |(left, error)| {
        Err(format!(
            "{needed} more files must be opened, and only {left} can be: {error}"
        ))
    })
}

/// Whether a message has the system's text for the limit. I/O errors are wrapped in
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
pub(crate) fn hint() -> String {
    let limit = limit().map_or_else(String::new, |limit| format!(" is {limit}"));
    format!(
        "The limit on open files (ulimit -n){limit}. Raise it, for example with \
         `ulimit -n 1024`, and run the same command again."
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
