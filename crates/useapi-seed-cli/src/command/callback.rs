//! The receiver of callbacks, on a local port.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use tokio::net::TcpListener;
use useapi_seed::Client;
use useapi_seed_callback::{Events, Key, Receiver};

use crate::error::CliError;
use crate::settings::{Setting, Source};

/// Listens on 127.0.0.1, to which a proxy or a tunnel forwards; returns the port, too.
pub(crate) async fn receiver(
    client: Client,
    public_url: &str,
    port: u16,
    key_file: Setting<PathBuf>,
) -> Result<(Receiver, Events, u16), CliError> {
    let is_default = key_file.source == Source::Default;
    let key_file = key_file.value;
    if let Some(dir) = key_file.parent().filter(|_| is_default) {
        fs::create_dir_all(dir)
            .map_err(|error| CliError::file(format!("cannot create {}: {error}", dir.display())))?;
    }
    let key = Key::from_file(&key_file).map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        CliError::file(format!("{error}{}", source.unwrap_or_default())).hint("Use --key-file.")
    })?;
    let (receiver, events) =
        Receiver::builder(client, public_url, key)
            .build()
            .map_err(|error| {
                CliError::usage(error.to_string()).hint("Example: https://example.com/callbacks")
            })?;
    let no_port = |error: io::Error| {
        CliError::new(match error.kind() {
            ErrorKind::AddrInUse => {
                format!("port {port} is in use; choose another, or 0 for a free one")
            }
            _ => format!("cannot listen on port {port}: {error}"),
        })
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    tokio::spawn(receiver.server().serve(listener));
    Ok((receiver, events, port))
}
