//! A value, and where it comes from.

use std::env;
use std::fmt;
use std::path::PathBuf;

use crate::error::CliError;

/// Where a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// The option of this key: `--base-url` for `base_url`.
    Option(&'static str),
    /// The environment variable of this key: `USEAPI_BASE_URL` for `base_url`.
    Environment(&'static str),
    File(PathBuf),
    #[default]
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(key) => write!(f, "--{}", key.replace('_', "-")),
            Self::Environment(key) => write!(f, "USEAPI_{}", key.to_uppercase()),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Source {
    /// An error about a value from here; `name` describes it where the source does not.
    pub(super) fn invalid(&self, name: &str, problem: &str) -> CliError {
        CliError::usage(match self {
            Self::Option(_) | Self::Environment(_) => format!("{self}{problem}"),
            Self::File(_) => format!("{name} in {self}{problem}"),
            Self::Default => format!("{name}{problem}"),
        })
    }
}

/// A value and its source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

pub(super) type Found<T> = Result<Setting<T>, CliError>;

impl<T> Setting<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        let (value, source) = (change(self.value), self.source);
        Setting { value, source }
    }
}

/// The value of a key's variable; an empty one is not set.
pub(super) fn variable(key: &'static str) -> Result<Option<Setting<String>>, CliError> {
    let source = Source::Environment(key);
    match env::var(source.to_string()) {
        Ok(value) => Ok(Some(Setting { value, source }).filter(|found| !found.value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(CliError::usage(format!("{source} is not valid UTF-8"))),
    }
}
