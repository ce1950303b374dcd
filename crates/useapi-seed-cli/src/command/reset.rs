//! `reset`: resets a halted account.

use serde::Serialize;

use crate::account_state;
use crate::arguments::{Common, Reset};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::eprint;
use crate::text::sanitize;

/// An account that was reset.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Reset"))]
pub(crate) struct Printed {
    /// Its Discord channel ID.
    channel: String,
}

pub(crate) async fn run(common: &Common, arguments: Reset) -> Result<Exit, CliError> {
    let Reset { channel } = arguments;
    let output = Output::new(common, schemas::RESET)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.account(channel.as_str()).reset().await;
    outcome.map_err(|error| {
        if error.is_not_found() {
            let message = format!("no useapi.net account for channel {channel}");
            CliError::of_kind("not_found", Exit::Rejected, message)
                .hint("Use the number after `channel:` in a job ID.")
        } else {
            error.into()
        }
    })?;
    account_state::record_active(client.base_url(), &channel);
    if output.is_json() {
        output.print(&Printed { channel })?;
    } else {
        eprint(format_args!("account {} was reset", sanitize(&channel)));
    }
    Ok(Exit::Done)
}
