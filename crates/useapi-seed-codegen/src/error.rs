//! The error of an invalid spec.

use std::fmt;

/// A location in the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// File name, as passed by the caller.
    pub file: String,
    /// Line, counted from 1; 0 for the file itself.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// JSON pointer to the value; empty for the document.
    pub pointer: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if self.pointer.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.pointer)
        }
    }
}

/// An invalid or unsupported spec.
///
/// The message is one line in the format of compilers:
/// `file:line:column: pointer: message`.
#[derive(Debug, thiserror::Error)]
#[error("{location}: {message}")]
pub struct Error {
    location: Location,
    message: String,
}

impl Error {
    pub(crate) fn new(location: Location, message: impl Into<String>) -> Self {
        Self {
            location,
            message: message.into(),
        }
    }

    pub(crate) fn unreadable(file: &str, source: &std::io::Error) -> Self {
        let location = Location {
            file: file.to_owned(),
            line: 0,
            column: 0,
            pointer: String::new(),
        };
        Self::new(location, format!("cannot be read: {source}"))
    }

    /// Location of the error.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }
}
