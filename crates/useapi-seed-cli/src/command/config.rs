//! `config`: the settings, and where each of them comes from.

use std::path::Path;

use serde::Serialize;
use useapi_seed::SecretString;

use crate::arguments::{Common, Config};
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
#[cfg_attr(test, schemars(rename = "Settings"))]
pub(crate) struct Printed {
    /// The configuration file's path.
    file: String,
    /// Whether it is there.
    file_is_there: bool,
    /// Each setting.
    settings: Vec<Row>,
}

/// A setting.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    /// Its name in the configuration file; `token` has a file of its own.
    name: &'static str,
    /// Its value; of a secret only the beginning. Null when there is none.
    value: Option<String>,
    /// Where it comes from: an option, the environment, a file, or `default`.
    source: String,
}

impl Row {
    fn new<T>(name: &'static str, setting: &Setting<T>, text: impl FnOnce(&T) -> String) -> Self {
        Self {
            name,
            value: Some(text(&setting.value)),
            source: setting.source.to_string(),
        }
    }
}

pub(crate) fn run(common: &Common, Config {}: Config) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::SETTINGS)?;
    let settings = Settings::read(common)?;
    let path = |path: &Path| path.display().to_string();
    let seconds = |time: &std::time::Duration| format!("{} s", time.as_secs_f64());
    let printed = Printed {
        file: path(settings.file().path()),
        file_is_there: settings.file().is_there(),
        settings: vec![
            Row::new("base_url", &settings.base_url()?, Clone::clone),
            token(settings.token()),
            Row::new("key_file", &settings.key_file(None)?, |file| {
                file.as_deref().map_or_else(String::new, path)
            }),
            Row::new("into", &settings.parent_dir(None)?, |into| {
                if into.as_os_str().is_empty() {
                    ".".to_owned()
                } else {
                    path(into)
                }
            }),
            Row::new("interval", &settings.interval(None)?, seconds),
            Row::new("timeout", &settings.timeout(None)?, seconds),
            Row::new("at_once", &settings.at_once(None)?, ToString::to_string),
        ],
    };
    if output.is_json() {
        output.print(&printed)?;
        return Ok(Exit::Done);
    }
    let values = printed
        .settings
        .iter()
        .filter_map(|row| row.value.as_deref());
    let width = values.map(|value| value.chars().count()).max().unwrap_or(0);
    let mut lines = String::new();
    for Row {
        name,
        value,
        source,
    } in &printed.settings
    {
        let value = value.as_deref().unwrap_or("-");
        lines.push_str(&sanitize(&format!("{name:<9} {value:<width$}  {source}")));
        lines.push('\n');
    }
    lines.push('\n');
    let there = if printed.file_is_there {
        ""
    } else {
        " (not there)"
    };
    lines.push_str(&sanitize(&format!(
        "configuration file: {}{there}",
        printed.file
    )));
    lines.push('\n');
    print_or_closed(&lines)?;
    Ok(Exit::Done)
}

/// That there is none, or none that may be read, is shown and not an error here.
fn token(setting: Result<Setting<SecretString>, CliError>) -> Row {
    match setting {
        Ok(setting) => Row::new("token", &setting, redact),
        Err(error) => Row {
            name: "token",
            value: None,
            source: error.message().to_owned(),
        },
    }
}
