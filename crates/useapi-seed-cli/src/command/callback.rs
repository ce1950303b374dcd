//! The receiver of callbacks, on a port of this machine.

use std::fs;
use std::path::PathBuf;

use tokio::net::TcpListener;
use useapi_seed::Client;
use useapi_seed_callback::{Events, Key, Receiver};

use crate::error::CliError;
use crate::settings::{Setting, Source};

/// Listens on 127.0.0.1, where a proxy or a tunnel leads to; gives the port, too.
pub(crate) async fn receiver(
    client: Client,
    public_url: &str,
    port: u16,
    key_file: Setting<Option<PathBuf>>,
) -> Result<(Receiver, Events, u16), CliError> {
    let is_default = key_file.source == Source::Default;
    let key_file = key_file.value.ok_or_else(|| {
        CliError::file("there is no home folder for the key of the callbacks' addresses")
            .hint("Name a file for it with --key-file.")
    })?;
    if let Some(dir) = key_file.parent().filter(|_| is_default) {
        fs::create_dir_all(dir)
            .map_err(|error| CliError::file(format!("cannot make {}: {error}", dir.display())))?;
    }
    let key = Key::from_file(&key_file).map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        CliError::file(format!("{error}{}", source.unwrap_or_default()))
            .hint("Name another file with --key-file.")
    })?;
    let (receiver, events) =
        Receiver::builder(client, public_url, key)
            .build()
            .map_err(|error| {
                CliError::usage(error.to_string())
                    .hint("It looks like https://example.com/callbacks and leads to this machine.")
            })?;
    let no_port = |error| {
        CliError::new(format!(
            "cannot listen on port {port} of 127.0.0.1: {error}"
        ))
        .hint("Choose another port, or end the program that has it.")
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    tokio::spawn(receiver.server().serve(listener));
    Ok((receiver, events, port))
}
