//! `config`: the settings and their sources.

use std::path::Path;

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

/// A setting.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Config"))]
pub(crate) struct Row {
    /// The name of the setting; except for `token` and `profile`, it is also the key in
    /// the configuration file. `config` is that file itself.
    name: &'static str,
    /// Its value; only the beginning of a secret. Null when there is none.
    value: Option<String>,
    /// Where it comes from: an option, an environment variable, a file, or `default`;
    /// without a token, why. For `config`: `found` or `not found`.
    source: String,
}

impl Row {
    fn new(name: &'static str, value: String, source: impl Into<String>) -> Self {
        Self {
            name,
            value: Some(value).filter(|value| !value.is_empty()),
            source: source.into(),
        }
    }
}

pub(crate) fn run(common: &Common, Config {}: Config) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::CONFIG)?;
    let settings = Settings::read(common)?;
    let show = |path: &Path| path.display().to_string();
    let row = |name, Setting { value, source }| Row::new(name, value, source.to_string());
    let file = &settings.file;
    let found = if file.exists { "found" } else { "not found" };
    let dir = settings.dir(None)?;
    let rows = [
        row("profile", settings.profile.clone().unwrap_or_default()),
        row("base_url", settings.base_url()?),
        match settings.token() {
            Ok(token) => row("token", token.map(|token| redact(&token))),
            // Shown, and not an error here.
            Err(error) => Row::new("token", String::new(), error.message()),
        },
        row("key_file", settings.key_file(None)?.map(|file| show(&file))),
        row("dir", dir.map(|dir| show(or_current_dir(&dir)))),
        row("interval", settings.interval(None)?.map(show_duration)),
        row("timeout", settings.timeout(None)?.map(show_duration)),
        row("jobs", settings.jobs(None)?.map(|jobs| jobs.to_string())),
        Row::new("config", show(&file.path), found),
    ];
    if output.is_json() {
        rows.iter().try_for_each(|row| output.print(row))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["NAME", "VALUE", "SOURCE"]);
    for Row {
        name,
        value,
        source,
    } in &rows
    {
        let value = value.as_deref().unwrap_or_default();
        table.push([name, value, source].map(sanitize).to_vec());
    }
    print_or_closed(&table.render(None))?;
    Ok(Exit::Done)
}
