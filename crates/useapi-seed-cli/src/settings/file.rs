//! The configuration file.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::dirs;
use super::setting::KEYS;
use crate::error::CliError;
use crate::local_file::{self, Links};

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
        let default = || Some(dirs::config_dir()?.join("config.toml"));
        let path = named
            .map(Path::to_owned)
            .or_else(default)
            .unwrap_or_default();
        let file = match named {
            // It may be a pipe.
            Some(path) => fs::File::open(path),
            None => local_file::open(&path, Links::Follow, fs::File::options().read(true)),
        };
        let shown = path.display();
        let limit = local_file::SETTINGS_LIMIT;
        let absent = [ErrorKind::NotFound, ErrorKind::NotADirectory];
        let text = match file.and_then(|file| local_file::read_text_up_to(file, limit)) {
            Ok(text) => Some(text),
            Err(error) if named.is_none() && absent.contains(&error.kind()) => None,
            Err(error) => return Err(CliError::usage(format!("cannot read {shown}: {error}"))),
        };
        let toml = text.as_deref().unwrap_or_default();
        let Content {
            profile: mut profiles,
            mut values,
        } = toml::from_str(toml).map_err(|error| {
            // Not the line itself, which may contain a token.
            let start = error.span().map_or(0, |span| span.start);
            let line = toml.get(..start).unwrap_or_default().matches('\n').count() + 1;
            CliError::usage(format!("{shown}, line {line}: {}", error.message()))
                .hint("Example: `interval = \"15s\"`, `dir = \"images\"`.")
        })?;
        for values in profiles.values().chain([&values]) {
            check(values, &path)?;
        }
        if let Some(name) = profile {
            let Some(own) = profiles.remove(name) else {
                let known: Vec<_> = profiles.into_keys().collect();
                let hint = if known.is_empty() {
                    format!("Add a table [profile.{name}] to it.")
                } else {
                    format!("Known profiles: {}", known.join(", "))
                };
                let message = format!("unknown profile `{name}` in {shown}");
                return Err(CliError::usage(message).hint(hint));
            };
            // It may be another account's.
            values.remove("token_file");
            values.extend(own);
        }
        Ok(Self {
            exists: text.is_some(),
            path,
            values,
        })
    }

    /// A value as the environment would contain it.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        match self.values.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            // Rejected by `check`.
            _ => None,
        }
    }
}

fn check(values: &Table, file: &Path) -> Result<(), CliError> {
    let file = file.display();
    for (name, value) in values {
        if name == "token" {
            let message = format!("{file} must not contain a token");
            return Err(CliError::usage(message)
                .hint("Save it with `useapi-seed login`, or set token_file."));
        } else if !KEYS.contains(&name.as_str()) {
            let message = format!("unknown setting `{name}` in {file}");
            let hint = format!("Valid settings: {}", KEYS.join(", "));
            return Err(CliError::usage(message).hint(hint));
        } else if !(value.is_str() || value.is_integer() || value.is_float()) {
            let message = format!("`{name}` in {file} must be a string or a number");
            return Err(CliError::usage(message));
        }
    }
    Ok(())
}
