//! A value, and where it comes from.

use std::fmt;
use std::path::PathBuf;

use crate::error::CliError;

/// The keys of the configuration file. The option and the variable of each have the same
/// name: `base_url`, `--base-url`, `USEAPI_BASE_URL`.
pub(super) const KEYS: [&str; 7] = [
    "base_url",
    "token_file",
    "key_file",
    "dir",
    "interval",
    "timeout",
    "jobs",
];

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The option of this key.
    Option(&'static str),
    /// The environment variable of this key.
    Environment(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(key) => write!(f, "--{}", key.replace('_', "-")),
            Self::Environment(key) => f.write_str(&variable_name(key)),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and its source.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

pub(super) type Found<T> = Result<Setting<T>, CliError>;

pub(super) fn variable_name(key: &str) -> String {
    format!("USEAPI_{}", key.to_uppercase())
}

/// The value of a key's variable; an empty one is not set.
pub(super) fn variable(key: &str) -> Result<Option<String>, CliError> {
    let name = variable_name(key);
    match std::env::var(&name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(CliError::usage(format!("{name} is not valid UTF-8"))),
    }
}
