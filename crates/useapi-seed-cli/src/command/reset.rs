//! `reset`: puts a halted account back to work.

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

/// An account that is back to work.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Reset"))]
pub(crate) struct Printed {
    /// Its Discord channel.
    channel: String,
}

pub(crate) async fn run(common: &Common, arguments: Reset) -> Result<Exit, CliError> {
    let Reset { channel } = arguments;
    let output = Output::new(common, schemas::RESET)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.account(channel.as_str()).reset().await;
    outcome.map_err(|error| {
        if error.is_not_found() {
            CliError::new(error.to_string()).with_exit(Exit::from(&error)).hint(
                "No account is configured for this channel: the number behind `channel:` in its \
                 jobs' ids.",
            )
        } else {
            error.into()
        }
    })?;
    account_state::record_active(client.base_url(), &channel);
    if output.is_json() {
        output.print(&Printed { channel })?;
    } else {
        let channel = sanitize(&channel);
        eprint(format_args!(
            "the account of channel {channel} is back to work"
        ));
    }
    Ok(Exit::Done)
}
