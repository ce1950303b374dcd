//! Settings: an option takes precedence over the environment, that over the profile, and
//! that over the rest of the configuration file.

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
use crate::terminal::eprint_note;
use crate::text::{IMAGES_SHOWN, sanitize};
pub(crate) use dirs::{state_dir, temp_dir};
use file::File;
pub(crate) use token::{redact, save as save_token, variable as token_variable};

/// What the smallest plans allow.
const DEFAULT_JOBS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// The problem with a base URL with plain `http` that is not on this machine.
pub(crate) const UNENCRYPTED: &str = "the API token is sent unencrypted over the network";
static WARNED: Once = Once::new();

/// The keys of the configuration file. The option and the variable of each have the same
/// name: `base_url`, `--base-url`, `USEAPI_BASE_URL`.
const KEYS: [&str; 7] = [
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
    /// The table of this profile in the file.
    Profile(PathBuf, String),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(key) => write!(f, "--{}", key.replace('_', "-")),
            Self::Environment(key) => f.write_str(&variable_name(key)),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Profile(path, name) => write!(f, "{} [profile.{name}]", path.display()),
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

/// The settings that do not depend on a command's own options.
#[derive(Debug)]
pub(crate) struct Settings {
    base_url: Option<String>,
    token_file: Option<PathBuf>,
    file: File,
    profile: Setting<Option<String>>,
}

impl Settings {
    pub(crate) fn read(common: &Common) -> Result<Self, CliError> {
        let mut settings = Self {
            base_url: common.base_url.clone(),
            token_file: common.token_file.clone(),
            file: File::read(common.config.as_deref())?,
            profile: Setting {
                value: None,
                source: Source::Default,
            },
        };
        let parse = |text: &str| Ok(Some(text.to_owned()));
        let option = common.profile.clone().map(Some);
        settings.profile = settings.find("profile", option, parse, || None)?;
        if let Some(name) = &settings.profile.value {
            settings.file.check_profile(name)?;
        }
        Ok(settings)
    }

    /// The configuration file, which may not exist.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The profile in use.
    pub(crate) fn profile(&self) -> &Setting<Option<String>> {
        &self.profile
    }

    /// The API's base URL. One that contains a secret is rejected.
    pub(crate) fn base_url(&self) -> Result<Setting<String>, CliError> {
        let default = || useapi_seed::raw::DEFAULT_BASE_URL.to_owned();
        let parse = |text: &str| Ok(text.to_owned());
        let setting = self.find("base_url", self.base_url.clone(), parse, default)?;
        let client = Client::builder("any").base_url(setting.value.as_str());
        match client.build() {
            Ok(_) => Ok(setting),
            Err(error) => Err(explain(error, &in_source("base_url", &setting.source))),
        }
    }

    pub(crate) fn interval(&self, option: Option<Duration>) -> Result<Setting<Duration>, CliError> {
        let default = || WaitOptions::DEFAULT_POLL_INTERVAL;
        self.find("interval", option, duration, default)
    }

    pub(crate) fn timeout(&self, option: Option<Duration>) -> Result<Setting<Duration>, CliError> {
        self.find("timeout", option, duration, || WaitOptions::DEFAULT_TIMEOUT)
    }

    pub(crate) fn jobs(
        &self,
        option: Option<NonZeroUsize>,
    ) -> Result<Setting<NonZeroUsize>, CliError> {
        self.find("jobs", option, positive_integer, || DEFAULT_JOBS)
    }

    /// The directory that contains the directories of jobs; empty for the current one.
    pub(crate) fn dir(&self, option: Option<PathBuf>) -> Result<Setting<PathBuf>, CliError> {
        let Setting { value, source } = self.path("dir", option, || None)?;
        let value = value.unwrap_or_default();
        Ok(Setting { value, source })
    }

    pub(crate) fn key_file(
        &self,
        option: Option<PathBuf>,
    ) -> Result<Setting<Option<PathBuf>>, CliError> {
        let default = || Some(dirs::config_dir()?.join("callback.key"));
        self.path("key_file", option, default)
    }

    /// The token file, which may not exist. A profile never uses the top level's, which
    /// may be another account's.
    pub(crate) fn token_file(&self) -> Result<Setting<Option<PathBuf>>, CliError> {
        let profile = self.profile.value.as_ref();
        let name = profile.map_or_else(|| "token".to_owned(), |profile| format!("token-{profile}"));
        let default = || Some(dirs::config_dir()?.join(&name));
        let mut setting = self.path("token_file", self.token_file.clone(), default)?;
        if profile.is_some() && matches!(setting.source, Source::File(_)) {
            setting.value = default();
            setting.source = Source::Default;
        }
        Ok(setting)
    }

    /// Where `login` saves the token.
    pub(crate) fn token_path(&self) -> Result<PathBuf, CliError> {
        let no_home = || CliError::usage("no home directory for the token file");
        let path = self.token_file()?.value;
        path.ok_or_else(|| no_home().hint("Use --token-file."))
    }

    /// The API token. An error explains how to set one.
    pub(crate) fn token(&self) -> Result<Setting<SecretString>, CliError> {
        token::find(self)
    }

    pub(crate) fn client(&self) -> Result<Client, CliError> {
        self.client_with(self.token()?)
    }

    pub(crate) fn client_with(&self, token: Setting<SecretString>) -> Result<Client, CliError> {
        let token_source = match &token.source {
            Source::File(path) => format!("the API token in {}", path.display()),
            Source::Default => "the API token".to_owned(),
            source => source.to_string(),
        };
        let client = Client::builder(token.value)
            .base_url(self.base_url()?.value)
            // All saved images are listed.
            .max_images(IMAGES_SHOWN)
            .build()
            .map_err(|error| explain(error, &token_source).hint(token::HINT))?;
        if client.raw().is_unencrypted() {
            let url = sanitize(client.base_url());
            WARNED.call_once(|| eprint_note(format_args!("{UNENCRYPTED} to {url}")));
        }
        Ok(client)
    }

    fn path(
        &self,
        key: &'static str,
        option: Option<PathBuf>,
        default: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Setting<Option<PathBuf>>, CliError> {
        let parse = |text: &str| Ok(Some(PathBuf::from(text)));
        let mut setting = self.find(key, option.map(Some), parse, default)?;
        if let (Source::File(file) | Source::Profile(file, _), Some(path)) =
            (&setting.source, &mut setting.value)
        {
            // Relative to the file, wherever the command runs.
            *path = file.parent().unwrap_or(Path::new("")).join(&path);
        }
        Ok(setting)
    }

    fn find<T>(
        &self,
        key: &'static str,
        option: Option<T>,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
        default: impl FnOnce() -> T,
    ) -> Result<Setting<T>, CliError> {
        if let Some(value) = option {
            let source = Source::Option(key);
            return Ok(Setting { value, source });
        }
        let (text, source) = if let Some(text) = variable(key)? {
            (text, Source::Environment(key))
        } else if let Some(found) = self.file.get(self.profile.value.as_deref(), key) {
            found
        } else {
            let (value, source) = (default(), Source::Default);
            return Ok(Setting { value, source });
        };
        match parse(&text) {
            Ok(value) => Ok(Setting { value, source }),
            Err(problem) => Err(CliError::usage(format!(
                "{}: {problem}",
                in_source(key, &source)
            ))),
        }
    }
}

fn variable_name(key: &str) -> String {
    format!("USEAPI_{}", key.to_uppercase())
}

/// The value of a key's variable; an empty one is not set.
fn variable(key: &str) -> Result<Option<String>, CliError> {
    let name = variable_name(key);
    match std::env::var(&name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(CliError::usage(format!("{name} is not valid UTF-8"))),
    }
}

/// A key as it is named where its value comes from.
fn in_source(key: &str, source: &Source) -> String {
    match source {
        Source::Option(_) | Source::Environment(_) => source.to_string(),
        source => format!("`{key}` in {source}"),
    }
}

/// A value that the library rejects, with the name that it has here.
fn explain(error: Error, name: &str) -> CliError {
    match error.kind() {
        ErrorKind::InvalidInput { reason, .. } => CliError::usage(format!("{name} {reason}")),
        _ => error.into(),
    }
}
