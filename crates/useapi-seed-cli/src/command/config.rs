//! `config`: the settings and their sources.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::arguments::{Common, Config, show_duration};
use crate::atomic_file::or_current_dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::settings::{Setting, Settings, redact};
use crate::terminal::print_or_closed;
use crate::text::sanitize;

/// The settings.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Config"))]
pub(crate) struct ConfigOutput {
    /// The path of the configuration file.
    file: String,
    /// Whether the configuration file exists.
    file_exists: bool,
    /// Each setting.
    settings: Vec<Row>,
}

/// A setting.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    /// The name of the setting; except for `token` and `profile`, it is also the key in
    /// the configuration file.
    name: &'static str,
    /// Its value; only the beginning of a secret. Null when there is none.
    value: Option<String>,
    /// Where it comes from: an option, an environment variable, a file, or `default`;
    /// without a token, why.
    source: String,
}

impl Row {
    fn new<T>(name: &'static str, setting: &Setting<T>, show: impl FnOnce(&T) -> String) -> Self {
        Self {
            name,
            value: Some(show(&setting.value)).filter(|value| !value.is_empty()),
            source: setting.source.to_string(),
        }
    }

    fn none(name: &'static str, source: &str) -> Self {
        Self {
            name,
            value: None,
            source: source.to_owned(),
        }
    }
}

pub(crate) fn run(common: &Common, Config {}: Config) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::CONFIG)?;
    let settings = Settings::read(common)?;
    let path = |path: &Path| path.display().to_string();
    let duration = |duration: &Duration| show_duration(*duration);
    // A missing token is shown, and is not an error here.
    let token = settings.token().map_or_else(
        |error| Row::none("token", error.message()),
        |token| Row::new("token", &token, redact),
    );
    let profile = settings.profile.as_ref().map_or_else(
        || Row::none("profile", "default"),
        |profile| Row::new("profile", profile, Clone::clone),
    );
    let rows = vec![
        profile,
        Row::new("base_url", &settings.base_url()?, Clone::clone),
        token,
        Row::new("key_file", &settings.key_file(None)?, |file| {
            file.as_deref().map_or_else(String::new, path)
        }),
        Row::new("dir", &settings.dir(None)?, |dir| path(or_current_dir(dir))),
        Row::new("interval", &settings.interval(None)?, duration),
        Row::new("timeout", &settings.timeout(None)?, duration),
        Row::new("jobs", &settings.jobs(None)?, ToString::to_string),
    ];
    let config = ConfigOutput {
        file: path(&settings.file.path),
        file_exists: settings.file.exists,
        settings: rows,
    };
    if output.is_json() {
        output.print(&config)?;
    } else {
        print_or_closed(&config.to_text())?;
    }
    Ok(Exit::Done)
}

impl ConfigOutput {
    fn to_text(&self) -> String {
        let values = self
            .settings
            .iter()
            .map(|row| row.value.as_deref().unwrap_or("-"));
        let width = values.clone().map(|value| value.chars().count()).max();
        let width = width.unwrap_or_default();
        let mut text = String::new();
        for (Row { name, source, .. }, value) in self.settings.iter().zip(values) {
            text += &sanitize(&format!("{name:<9} {value:<width$}  {source}"));
            text.push('\n');
        }
        let missing = if self.file_exists { "" } else { " (not found)" };
        text + &sanitize(&format!("config    {}{missing}", self.file)) + "\n"
    }
}
