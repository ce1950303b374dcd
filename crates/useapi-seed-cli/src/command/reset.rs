//! `reset`: puts a halted account back to work.

use serde::Serialize;

use crate::arguments::{Common, Reset};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::last_seen;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{plain, tell};

/// An account that is back to work.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Reset"))]
pub(crate) struct Printed {
    /// Its Discord channel.
    channel: String,
}

pub(crate) async fn run(common: &Common, arguments: Reset) -> Result<Exit, Failure> {
    let Reset { channel } = arguments;
    let output = Output::new(common, schemas::RESET)?;
    let client = Settings::read(common)?.client()?;
    let outcome = client.account(channel.as_str()).reset().await;
    outcome.map_err(|error| {
        if error.is_not_found() {
            Failure::new(error.to_string()).ends(Exit::from(&error)).advise(
                "No account is configured for this channel: the number behind `channel:` in its \
                 jobs' ids.",
            )
        } else {
            error.into()
        }
    })?;
    last_seen::working(client.base_url(), &channel);
    if output.is_json() {
        output.give(&Printed { channel })?;
    } else {
        let channel = plain(&channel);
        tell(format_args!(
            "the account of channel {channel} is back to work"
        ));
    }
    Ok(Exit::Done)
}
