//! The limit on open files: checked before work begins that needs more, and named where
//! it is reached all the same.

use std::fs::File;

/// What to do about it.
pub(crate) const HINT: &str = "Raise the limit on open files, for example with \
                               `ulimit -n 1024`, and run the same command again.";

/// An error where fewer than `needed` files can be opened.
pub(crate) fn check(needed: usize) -> Result<(), String> {
    let mut files = Vec::new();
    while files.len() < needed {
        match File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) if is_named_in(&error.to_string()) => {
                let left = files.len();
                let message = format!("{needed} more files must be opened, and only {left} can be");
                return Err(format!("{message}: {error}"));
            }
            // A system without that file.
            Err(_) => break,
        }
    }
    Ok(())
}

/// Whether a message has the system's text for the limit: EMFILE or ENFILE, which are
/// the same numbers on every Unix. I/O errors are wrapped in many ways, but each shows it.
pub(crate) fn is_named_in(message: &str) -> bool {
    let numbers = ["(os error 24)", "(os error 23)"];
    cfg!(unix) && numbers.iter().any(|number| message.contains(number))
}
