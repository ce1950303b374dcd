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
    let output = Output::new(common.json.as_deref(), schemas::RESET)?;
    let client = Settings::read(common)?.client()?;
    client
        .account(channel.as_str())
        .reset()
        .await
        .map_err(|error| {
            let is_unknown = error.is_not_found();
            let failure = Failure::from(error);
            if is_unknown {
                failure.advise("CHANNEL is the number behind `channel:` in its jobs' ids.")
            } else {
                failure
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
