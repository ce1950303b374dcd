//! The configuration file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::dirs;
use super::setting::{Setting, Source};
use crate::error::CliError;
use crate::local_file::{SETTINGS_LIMIT, read_text_up_to};

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
    pub(super) fn read(named: Option<&Path>, profile: Option<&str>) -> Result<Self, CliError> {
        let default = || dirs::config_file("config.toml");
        let path = named.map_or_else(default, Path::to_owned);
        let shown = path.display();
        let exists = named.is_some() || path.exists();
        let text = if exists {
            let file = fs::File::open(&path);
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
            let own = content.profile.remove(name).ok_or_else(|| {
                let known: Vec<_> = content.profile.into_keys().collect();
                CliError::usage(format!("unknown profile `{name}` in {shown}")).hint(
                    if known.is_empty() {
                        format!("Add a table [profile.{name}] to it.")
                    } else {
                        format!("Known profiles: {}", known.join(", "))
                    },
                )
            })?;
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
