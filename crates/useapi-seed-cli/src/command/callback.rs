//! The receiver of callbacks, on a port of this machine.

use std::fs;
use std::path::PathBuf;

use tokio::net::TcpListener;
use useapi_seed::Client;
use useapi_seed_callback::{Events, Key, Receiver};

use crate::failure::Failure;
use crate::settings::{Origin, Setting};

/// Listens on 127.0.0.1, where a proxy or a tunnel leads to; gives the port, too.
pub(crate) async fn receiver(
    client: Client,
    public_url: &str,
    port: u16,
    key_file: Setting<Option<PathBuf>>,
) -> Result<(Receiver, Events, u16), Failure> {
    let is_default = key_file.origin == Origin::Default;
    let key_file = key_file.value.ok_or_else(|| {
        Failure::file("there is no home folder for the key of the callbacks' addresses")
            .advise("Name a file for it with --key-file.")
    })?;
    if let Some(folder) = key_file.parent().filter(|_| is_default) {
        fs::create_dir_all(folder)
            .map_err(|fault| Failure::file(format!("cannot make {}: {fault}", folder.display())))?;
    }
    let key = Key::from_file(&key_file).map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        Failure::file(format!("{error}{}", source.unwrap_or_default()))
            .advise("Name another file with --key-file.")
    })?;
    let (receiver, events) =
        Receiver::builder(client, public_url, key)
            .build()
            .map_err(|error| {
                Failure::wrong_use(error.to_string()).advise(
                    "It looks like https://example.com/callbacks and leads to this machine.",
                )
            })?;
    let no_port = |fault| {
        Failure::new(format!(
            "cannot listen on port {port} of 127.0.0.1: {fault}"
        ))
        .advise("Choose another port, or end the program that has it.")
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    tokio::spawn(receiver.server().serve(listener));
    Ok((receiver, events, port))
}
