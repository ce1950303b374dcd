//! The configuration file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::{KEYS, Source, dirs};
use crate::error::CliError;
use crate::local_file::{self, Links};

/// The configuration file, which may not exist.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    exists: bool,
    content: Content,
}

#[derive(Debug, Deserialize)]
struct Content {
    #[serde(default)]
    profile: BTreeMap<String, Table>,
    #[serde(flatten)]
    values: Table,
}

impl File {
    /// Reads the default file if it exists, or the file that the user names.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named
            .map(Path::to_owned)
            .or_else(|| Some(dirs::config_dir()?.join("config.toml")))
            .unwrap_or_default();
        let file = match named {
            // It may be a pipe.
            Some(path) => fs::File::open(path),
            None => local_file::open(&path, Links::Follow, fs::File::options().read(true)),
        };
        let limit = local_file::SETTINGS_LIMIT;
        let text = match file.and_then(|file| local_file::read_text_up_to(file, limit)) {
            Ok(text) => Some(text),
            Err(error) if named.is_none() && is_absent(&error) => None,
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                return Err(CliError::usage(message));
            }
        };
        let toml = text.as_deref().unwrap_or_default();
        let content = toml::from_str(toml).map_err(|error| {
            // Not the line itself, which may contain a token.
            let start = error.span().map_or(0, |span| span.start);
            let line = toml.get(..start).unwrap_or_default().matches('\n').count() + 1;
            let (path, problem) = (path.display(), error.message());
            CliError::usage(format!("{path}, line {line}: {problem}"))
                .hint("Example: `interval = \"15s\"`, `dir = \"images\"`.")
        })?;
        let file = Self {
            path,
            exists: text.is_some(),
            content,
        };
        file.check(&file.content.values)?;
        for (name, values) in &file.content.profile {
            // It is a part of a file name.
            if name.is_empty() || !name.chars().all(is_valid) {
                let file = file.path.display();
                return Err(
                    CliError::usage(format!("invalid profile {name:?} in {file}"))
                        .hint("Use letters, digits, hyphens and underscores only."),
                );
            }
            file.check(values)?;
        }
        Ok(file)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        self.exists
    }

    /// A value as the environment would contain it: the profile's, else the top level's.
    pub(super) fn get(&self, profile: Option<&str>, key: &str) -> Option<(String, Source)> {
        let Content {
            profile: profiles,
            values,
        } = &self.content;
        let in_profile = profile.and_then(|name| Some((name, profiles.get(name)?.get(key)?)));
        let path = self.path.clone();
        let (value, source) = match in_profile {
            Some((name, value)) => (value, Source::Profile(path, name.to_owned())),
            None => (values.get(key)?, Source::File(path)),
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            // Rejected by `check`.
            _ => return None,
        };
        Some((text, source))
    }

    /// An error that lists the profiles when there is none of this name.
    pub(super) fn check_profile(&self, name: &str) -> Result<(), CliError> {
        let profiles = &self.content.profile;
        if profiles.contains_key(name) {
            return Ok(());
        }
        let file = self.path.display();
        let known: Vec<_> = profiles.keys().map(String::as_str).collect();
        let error = CliError::usage(format!("unknown profile `{name}` in {file}"));
        Err(if known.is_empty() {
            error.hint("A profile is a table such as [profile.work].")
        } else {
            error.hint(format!("Known profiles: {}", known.join(", ")))
        })
    }

    fn check(&self, values: &Table) -> Result<(), CliError> {
        let file = self.path.display();
        for (name, value) in values {
            let is_scalar = value.is_str() || value.is_integer() || value.is_float();
            return Err(match name.as_str() {
                "token" => CliError::usage(format!("{file} must not contain a token"))
                    .hint("Save it with `useapi-seed login`, or set token_file."),
                name if !KEYS.contains(&name) => {
                    CliError::usage(format!("unknown setting `{name}` in {file}"))
                        .hint(format!("Valid settings: {}", KEYS.join(", ")))
                }
                name if !is_scalar => {
                    CliError::usage(format!("`{name}` in {file} must be a string or a number"))
                }
                _ => continue,
            });
        }
        Ok(())
    }
}

fn is_valid(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// Neither the file nor its directory exists.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
