//! Where settings come from: options, environment and configuration file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use serde::Deserialize;
use toml::{Table, Value};

use super::dirs;
use crate::error::CliError;
use crate::local_file::{Links, SETTINGS_LIMIT, open, read_text_up_to};

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
pub(crate) fn variable(key: &'static str) -> Result<Option<Setting<String>>, CliError> {
    let source = Source::Environment(key);
    match env::var(source.to_string()) {
        Ok(value) => Ok(Some(Setting { value, source }).filter(|found| !found.value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(CliError::usage(format!("{source} is not valid UTF-8"))),
    }
}

/// The keys. The option and the variable of each have the same name: `base_url`,
/// `--base-url`, `USEAPI_BASE_URL`.
const KEYS: &str = "base_url, token_file, key_file, dir, interval, timeout, jobs";

/// The configuration file, which may not exist.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) exists: bool,
    values: Table,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    profile: BTreeMap<String, Table>,
    #[serde(flatten)]
    values: Table,
}

impl File {
    /// Reads the default file if it exists, or the one that the user names. The values of
    /// the profile override the others.
    pub(super) fn read(
        named: Option<&Path>,
        profile: Option<&str>,
        may_be_new: bool,
    ) -> Result<Self, CliError> {
        let default = || dirs::config_file("config.toml");
        let path = named.map_or_else(default, Path::to_owned);
        let shown = path.display();
        let exists = named.is_some() || path.exists();
        let text = if exists {
            let file = match named {
                // It may be a pipe.
                Some(path) => fs::File::open(path),
                None => open(&path, Links::Follow, fs::File::options().read(true)),
            };
            file.and_then(|file| read_text_up_to(file, SETTINGS_LIMIT))
                .map_err(|error| CliError::usage(format!("cannot read {shown}: {error}")))?
        } else {
            String::new()
        };
        let mut content: Content = toml::from_str(&text).map_err(|error| {
            // Not the line itself, which may contain a token.
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
            CliError::usage(format!("{shown}, line {line}: {}", error.message()))
                .hint("Example: `interval = \"15s\"`, `dir = \"images\"`.")
        })?;
        for values in content.profile.values().chain([&content.values]) {
            check(values, &path)?;
        }
        if let Some(name) = profile {
            let has_token = || dirs::token_file(Some(name)).exists();
            let own = match content.profile.remove(name) {
                Some(own) => own,
                None if may_be_new || has_token() => Table::new(),
                None => {
                    let known: Vec<_> = content.profile.into_keys().collect();
                    let message = format!("unknown profile `{name}` in {shown}");
                    return Err(CliError::usage(message)
                        .hint(format!("Known profiles: {}", known.join(", "))));
                }
            };
            // It may be another account's.
            content.values.remove("token_file");
            content.values.extend(own);
        }
        let values = content.values;
        Ok(Self {
            path,
            exists,
            values,
        })
    }

    /// A value as the environment would contain it.
    pub(super) fn get(&self, key: &str) -> Option<Setting<String>> {
        let value = match self.values.get(key)? {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            // Rejected by `check`.
            _ => return None,
        };
        let source = Source::File(self.path.clone());
        Some(Setting { value, source })
    }
}

fn check(values: &Table, file: &Path) -> Result<(), CliError> {
    let file = file.display();
    for (name, value) in values {
        if name == "token" {
            let message = format!("{file} must not contain a token");
            return Err(CliError::usage(message)
                .hint("Save it with `useapi-seed login`, or set token_file."));
        } else if !KEYS.split(", ").any(|key| key == name) {
            let message = format!("unknown setting `{name}` in {file}");
            let hint = format!("Valid settings: {KEYS}");
            return Err(CliError::usage(message).hint(hint));
        } else if !(value.is_str() || value.is_integer() || value.is_float()) {
            let message = format!("`{name}` in {file} must be a string or a number");
            return Err(CliError::usage(message));
        }
    }
    Ok(())
}
