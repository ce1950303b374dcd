//! The configuration file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{KEYS, dirs};
use crate::error::CliError;
use crate::local_file::{self, Links};

/// The configuration file, which need not exist.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    is_there: bool,
    values: Table,
}

impl File {
    /// `named` is one that the user insists on.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named
            .map(Path::to_owned)
            .or_else(|| Some(dirs::config_dir()?.join("config.toml")))
            .unwrap_or_default();
        let file = match named {
            // What the user names may as well be a pipe.
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
        let content = text.as_deref().unwrap_or_default();
        let values: Table = toml::from_str(content).map_err(|error| {
            // Not the line itself, which may have a token.
            let start = error.span().map_or(0, |span| span.start);
            let before = content.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let (path, problem) = (path.display(), error.message());
            CliError::usage(format!("{path}, line {line}: {problem}"))
                .hint("It has lines such as `interval = 15` and `into = \"pictures\"`.")
        })?;
        let file = Self {
            path,
            is_there: text.is_some(),
            values,
        };
        file.check()?;
        Ok(file)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_there(&self) -> bool {
        self.is_there
    }

    /// A value as it would be written in the environment.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            // Refused when the file was read.
            _ => None,
        }
    }

    fn check(&self) -> Result<(), CliError> {
        let place = self.path.display();
        for (name, value) in &self.values {
            if name == "token" {
                let message = format!("{place} has a token, which has to be in a file of its own");
                return Err(CliError::usage(message).hint(
                    "Write it to a file that only you may read, and name that with token_file.",
                ));
            }
            if !KEYS.iter().any(|key| key.name == name) {
                let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
                let message = format!("{place} has {name}, which is no setting");
                let hints = format!("The settings are {}.", names.join(", "));
                return Err(CliError::usage(message).hint(hints));
            }
            if !matches!(
                value,
                Value::String(_) | Value::Integer(_) | Value::Float(_)
            ) {
                let message = format!("{name} in {place} is neither a text nor a number");
                return Err(CliError::usage(message));
            }
        }
        Ok(())
    }
}

/// No file of that name, or no folder for it.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
