//! `config`: the settings and their sources.

use std::path::PathBuf;

use serde::Serialize;

use crate::arguments::{Common, Config, show_duration};
use crate::atomic_file::or_current_dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::settings::{Setting, Settings, redact};
use crate::table::Table;
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
    fn new(name: &'static str, setting: Setting<String>) -> Self {
        Self {
            name,
            value: Some(setting.value).filter(|value| !value.is_empty()),
            source: setting.source.to_string(),
        }
    }
}

pub(crate) fn run(common: &Common, Config {}: Config) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::CONFIG)?;
    let settings = Settings::read(common)?;
    let show = |path: PathBuf| path.display().to_string();
    let profile = settings.profile.clone().unwrap_or_default();
    let token = match settings.token() {
        Ok(token) => Row::new("token", token.map(|token| redact(&token))),
        // Shown, and not an error here.
        Err(error) => Row {
            source: error.message().to_owned(),
            ..Row::new("token", Setting::default())
        },
    };
    let dir = settings.dir(None)?;
    let config = ConfigOutput {
        file: show(settings.file.path.clone()),
        file_exists: settings.file.exists,
        settings: vec![
            Row::new("profile", profile),
            Row::new("base_url", settings.base_url()?),
            token,
            Row::new("key_file", settings.key_file(None)?.map(show)),
            Row::new("dir", dir.map(|dir| show(or_current_dir(&dir).to_owned()))),
            Row::new("interval", settings.interval(None)?.map(show_duration)),
            Row::new("timeout", settings.timeout(None)?.map(show_duration)),
            Row::new("jobs", settings.jobs(None)?.map(|jobs| jobs.to_string())),
        ],
    };
    if output.is_json() {
        output.print(&config)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["NAME", "VALUE", "SOURCE"]);
    for row in &config.settings {
        let value = row.value.as_deref().unwrap_or_default();
        table.push([row.name, value, &row.source].map(sanitize).to_vec());
    }
    let missing = if config.file_exists { "" } else { "not found" };
    table.push(["config", &config.file, missing].map(sanitize).to_vec());
    print_or_closed(&table.render(None))?;
    Ok(Exit::Done)
}
