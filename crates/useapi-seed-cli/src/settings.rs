//! Settings: an option takes precedence over the environment, that over the profile, and
//! that over the rest of the configuration file.

mod dirs;
mod source;
mod token;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use useapi_seed::{Client, Error, ErrorKind, SecretString, WaitOptions};

use crate::api_error::set_token_source;
use crate::arguments::{Common, duration, positive_integer};
use crate::error::CliError;
use crate::terminal::eprint_note;
use crate::text::{IMAGES_SHOWN, sanitize};
pub(crate) use dirs::{state_dir, temp_dir};
use source::{File, Found};
pub(crate) use source::{Setting, Source, variable};
pub(crate) use token::{redact, save as save_token};

/// What the smallest plans allow.
const DEFAULT_JOBS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// The problem with a base URL with plain `http` that is not on this machine.
const UNENCRYPTED: &str = "the API token goes unencrypted over the network";

/// The settings that do not depend on a command's own options.
#[derive(Debug)]
pub(crate) struct Settings {
    base_url: Option<String>,
    token_file: Option<PathBuf>,
    pub(crate) file: File,
    pub(crate) profile: Option<Setting<String>>,
}

impl Settings {
    pub(crate) fn read(common: &Common) -> Result<Self, CliError> {
        Self::read_with(common, false)
    }

    /// As [`read`](Self::read), for a profile that may be new.
    pub(crate) fn for_login(common: &Common) -> Result<Self, CliError> {
        Self::read_with(common, true)
    }

    fn read_with(common: &Common, may_be_new: bool) -> Result<Self, CliError> {
        let source = Source::Option("profile");
        let option = common.profile.clone();
        let option = option.map(|value| Setting { value, source });
        let profile = option.or(variable("profile")?);
        let name = profile.as_ref().map(|profile| profile.value.as_str());
        Ok(Self {
            base_url: common.base_url.clone(),
            token_file: common.token_file.clone(),
            file: File::read(common.config.as_deref(), name, may_be_new)?,
            profile,
        })
    }

    /// The API's base URL. One that contains a secret is rejected.
    pub(crate) fn base_url(&self) -> Found<String> {
        let (key, option) = ("base_url", self.base_url.clone());
        let default = useapi_seed::raw::DEFAULT_BASE_URL.to_owned();
        let setting = self.find(key, option, |text| Ok(text.to_owned()), default)?;
        match Client::builder("any").base_url(&setting.value).build() {
            Ok(_) => Ok(setting),
            Err(error) => Err(explain(error, key, &setting.source)),
        }
    }

    pub(crate) fn interval(&self, option: Option<Duration>) -> Found<Duration> {
        let default = WaitOptions::DEFAULT_POLL_INTERVAL;
        self.find("interval", option, duration, default)
    }

    pub(crate) fn timeout(&self, option: Option<Duration>) -> Found<Duration> {
        self.find("timeout", option, duration, WaitOptions::DEFAULT_TIMEOUT)
    }

    pub(crate) fn jobs(&self, option: Option<NonZeroUsize>) -> Found<NonZeroUsize> {
        self.find("jobs", option, positive_integer, DEFAULT_JOBS)
    }

    /// The directory that contains the directories of jobs; empty for the current one.
    pub(crate) fn dir(&self, option: Option<PathBuf>) -> Found<PathBuf> {
        self.path("dir", option, PathBuf::new())
    }

    /// Empty when there is no home directory.
    pub(crate) fn key_file(&self, option: Option<PathBuf>) -> Found<PathBuf> {
        self.path("key_file", option, dirs::config_file("callback.key"))
    }

    /// Where the token is saved; empty when there is no home directory.
    pub(crate) fn token_file(&self) -> Found<PathBuf> {
        let profile = self.profile.as_ref().map(|profile| profile.value.as_str());
        let default = dirs::token_file(profile);
        self.path("token_file", self.token_file.clone(), default)
    }

    /// The API token. An error explains how to set one.
    pub(crate) fn token(&self) -> Found<SecretString> {
        token::find(self.token_file()?, self.profile.as_ref())
    }

    pub(crate) fn client(&self) -> Result<Client, CliError> {
        let token = self.token()?;
        self.client_with(token.value, &token.source)
    }

    pub(crate) fn client_with(
        &self,
        token: SecretString,
        source: &Source,
    ) -> Result<Client, CliError> {
        if *source != Source::Default {
            set_token_source(source.to_string());
        }
        let client = Client::builder(token)
            .base_url(self.base_url()?.value)
            // All saved images are listed.
            .max_images(IMAGES_SHOWN)
            .build()
            .map_err(|error| explain(error, "the API token", source).hint(token::HINT))?;
        if client.raw().is_unencrypted() {
            let url = sanitize(client.base_url());
            eprint_note(format_args!("{UNENCRYPTED} to {url}"));
        }
        Ok(client)
    }

    fn path(&self, key: &'static str, option: Option<PathBuf>, default: PathBuf) -> Found<PathBuf> {
        let mut setting = self.find(key, option, |text| Ok(text.into()), default)?;
        if let Source::File(file) = &setting.source {
            // Relative to the file, wherever the command runs.
            setting.value = file.parent().unwrap_or(Path::new("")).join(setting.value);
        }
        Ok(setting)
    }

    fn find<T>(
        &self,
        key: &'static str,
        option: Option<T>,
        parse: fn(&str) -> Result<T, &'static str>,
        default: T,
    ) -> Found<T> {
        if let Some(value) = option {
            let source = Source::Option(key);
            return Ok(Setting { value, source });
        }
        let Some(text) = variable(key)?.or_else(|| self.file.get(key)) else {
            let (value, source) = (default, Source::Default);
            return Ok(Setting { value, source });
        };
        let value = parse(&text.value).map_err(|problem| {
            let name = format!("`{key}`");
            text.source.invalid(&name, &format!(": {problem}"))
        })?;
        Ok(text.map(|_| value))
    }
}

/// A value that the library rejects, with the name that it has here.
fn explain(error: Error, name: &str, source: &Source) -> CliError {
    match error.kind() {
        ErrorKind::InvalidInput { reason, .. } => source.invalid(name, &format!(" {reason}")),
        _ => error.into(),
    }
}
