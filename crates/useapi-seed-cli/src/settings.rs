//! Settings: an option goes over the environment, that over the configuration
//! file, and that over what is so unless told otherwise.

mod dirs;
mod file;
mod token;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use useapi_seed::{Client, Error, ErrorKind, SecretString, WaitOptions};

use crate::arguments::{Common, duration, positive_integer};
use crate::error::CliError;
use crate::terminal::{eprint, note_label};
use crate::text::IMAGES_SHOWN;
use crate::text::sanitize;
pub(crate) use dirs::{state_dir, temp_dir};
use file::File;
pub(crate) use token::redact;

/// As many jobs as the smallest plans execute at once.
const DEFAULT_AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// What is said of a base URL with plain `http` that is not on this machine.
pub(crate) const UNENCRYPTED: &str = "the API token goes unencrypted over the network";
static WARNED: Once = Once::new();

/// A setting that can be given in three ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// As the configuration file has it.
    pub(crate) name: &'static str,
    /// As the command line has it.
    pub(crate) option: &'static str,
    /// As the environment has it.
    pub(crate) variable: &'static str,
}

pub(crate) const BASE_URL: Key = key("base_url", "--base-url", "USEAPI_BASE_URL");
pub(crate) const TOKEN_FILE: Key = key("token_file", "--token-file", "USEAPI_TOKEN_FILE");
pub(crate) const KEY_FILE: Key = key("key_file", "--key-file", "USEAPI_KEY_FILE");
pub(crate) const INTO: Key = key("into", "--into", "USEAPI_INTO");
pub(crate) const INTERVAL: Key = key("interval", "--interval", "USEAPI_INTERVAL");
pub(crate) const TIMEOUT: Key = key("timeout", "--timeout", "USEAPI_TIMEOUT");
pub(crate) const AT_ONCE: Key = key("at_once", "--at-once", "USEAPI_AT_ONCE");

const KEYS: [Key; 7] = [
    BASE_URL, TOKEN_FILE, KEY_FILE, INTO, INTERVAL, TIMEOUT, AT_ONCE,
];

const fn key(name: &'static str, option: &'static str, variable: &'static str) -> Key {
    Key {
        name,
        option,
        variable,
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Option(&'static str),
    Environment(&'static str),
    /// A file of this name.
    File(PathBuf),
    /// Nobody has said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "{name} in the environment"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

/// The settings, as far as they do not depend on a command's own options.
#[derive(Debug)]
pub(crate) struct Settings {
    base_url: Option<String>,
    token_file: Option<PathBuf>,
    file: File,
}

impl Settings {
    pub(crate) fn read(common: &Common) -> Result<Self, CliError> {
        Ok(Self {
            base_url: common.base_url.clone(),
            token_file: common.token_file.clone(),
            file: File::read(common.config.as_deref())?,
        })
    }

    /// The configuration file, if there is one or could be.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Where requests go; an address that has a secret in it is refused.
    pub(crate) fn base_url(&self) -> Result<Setting<String>, CliError> {
        let default = || useapi_seed::raw::DEFAULT_BASE_URL.to_owned();
        let parse = |text: &str| Ok(text.to_owned());
        let setting = self.find(BASE_URL, self.base_url.clone(), parse, default)?;
        let client = Client::builder("any").base_url(setting.value.as_str());
        match client.build() {
            Ok(_) => Ok(setting),
            Err(error) => Err(explain(error, "base_url", &setting.source)),
        }
    }

    /// The API token; an error says how to give one.
    pub(crate) fn token(&self) -> Result<Setting<SecretString>, CliError> {
        token::find(self)
    }

    pub(crate) fn interval(&self, option: Option<Duration>) -> Result<Setting<Duration>, CliError> {
        self.find(
            INTERVAL,
            option,
            |text| Ok(duration(text)?),
            || WaitOptions::DEFAULT_POLL_INTERVAL,
        )
    }

    pub(crate) fn timeout(&self, option: Option<Duration>) -> Result<Setting<Duration>, CliError> {
        self.find(
            TIMEOUT,
            option,
            |text| Ok(duration(text)?),
            || WaitOptions::DEFAULT_TIMEOUT,
        )
    }

    pub(crate) fn at_once(
        &self,
        option: Option<NonZeroUsize>,
    ) -> Result<Setting<NonZeroUsize>, CliError> {
        let parse = |text: &str| Ok(positive_integer(text)?);
        self.find(AT_ONCE, option, parse, || DEFAULT_AT_ONCE)
    }

    pub(crate) fn parent_dir(&self, option: Option<PathBuf>) -> Result<Setting<PathBuf>, CliError> {
        self.path(INTO, option, || Some(PathBuf::new()))
            .map(|setting| Setting {
                value: setting.value.unwrap_or_default(),
                source: setting.source,
            })
    }

    pub(crate) fn key_file(
        &self,
        option: Option<PathBuf>,
    ) -> Result<Setting<Option<PathBuf>>, CliError> {
        let default = || Some(dirs::config_dir()?.join("callback.key"));
        self.path(KEY_FILE, option, default)
    }

    /// A client for the service, or whatever else is set.
    pub(crate) fn client(&self) -> Result<Client, CliError> {
        let (token, base_url) = (self.token()?, self.base_url()?);
        let client = Client::builder(token.value)
            .base_url(base_url.value)
            // All that are saved are listed.
            .max_images(IMAGES_SHOWN)
            .build()
            .map_err(|error| explain(error, "the API token", &token.source))?;
        if client.raw().is_unencrypted() {
            let url = sanitize(client.base_url());
            WARNED.call_once(|| eprint(format_args!("{} {UNENCRYPTED} to {url}", note_label())));
        }
        Ok(client)
    }

    fn path(
        &self,
        key: Key,
        option: Option<PathBuf>,
        default: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Setting<Option<PathBuf>>, CliError> {
        let parse = |text: &str| Ok(Some(PathBuf::from(text)));
        let mut setting = self.find(key, option.map(Some), parse, default)?;
        if let (Source::File(file), Some(path)) = (&setting.source, &mut setting.value) {
            // As whoever wrote the file means it, wherever this is called.
            *path = file.parent().unwrap_or(Path::new("")).join(&path);
        }
        Ok(setting)
    }

    fn find<T>(
        &self,
        key: Key,
        option: Option<T>,
        parse: impl FnOnce(&str) -> Result<T, String>,
        default: impl FnOnce() -> T,
    ) -> Result<Setting<T>, CliError> {
        if let Some(value) = option {
            let source = Source::Option(key.option);
            return Ok(Setting { value, source });
        }
        let (text, source) = if let Some(text) = variable(key.variable)? {
            (text, Source::Environment(key.variable))
        } else if let Some(text) = self.file.get(key.name) {
            (text, Source::File(self.file.path().to_owned()))
        } else {
            let (value, source) = (default(), Source::Default);
            return Ok(Setting { value, source });
        };
        match parse(&text) {
            Ok(value) => Ok(Setting { value, source }),
            Err(problem) => Err(CliError::usage(match source {
                Source::File(path) => format!("{} in {}: {problem}", key.name, path.display()),
                _ => format!("{}: {problem}", key.variable),
            })),
        }
    }
}

/// What the environment has; nothing is the same as not set.
fn variable(name: &str) -> Result<Option<String>, CliError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(CliError::usage(format!("{name} is no Unicode text"))),
    }
}

/// What the library refuses, by the name that it has here.
fn explain(error: Error, what: &str, source: &Source) -> CliError {
    let ErrorKind::InvalidInput { reason, .. } = error.kind() else {
        return error.into();
    };
    CliError::usage(match source {
        Source::Environment(name) | Source::Option(name) => format!("{name} {reason}"),
        source => format!("{what} of {source} {reason}"),
    })
}
