//! The receiver of callbacks, on a port of this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use useapi_seed::Client;
use useapi_seed_callback::{Events, Key, Receiver};

use crate::failure::Failure;

/// Listens on 127.0.0.1, where a proxy or a tunnel leads to; gives the port, too.
pub(crate) async fn receiver(
    client: Client,
    public_url: &str,
    port: u16,
    key_file: Option<PathBuf>,
) -> Result<(Receiver, Events, u16), Failure> {
    let key_file = key_file.map_or_else(default_key_file, Ok)?;
    let key = Key::from_file(&key_file).map_err(|error| {
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        Failure::new(format!("{error}{}", source.unwrap_or_default()))
            .advise("Name another file with --key-file.")
    })?;
    let (receiver, events) =
        Receiver::builder(client, public_url, key)
            .build()
            .map_err(|error| {
                Failure::new(error.to_string()).advise(
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
    let app = receiver.router::<()>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((receiver, events, port))
}

fn default_key_file() -> Result<PathBuf, Failure> {
    let folder = |name| env::var_os(name).filter(|folder| !folder.is_empty());
    let folder = folder("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&folder("HOME")?).join(".config")))
        .ok_or_else(|| {
            Failure::new("there is no home folder for the key of the callbacks' addresses")
                .advise("Name a file for it with --key-file.")
        })?
        .join("useapi-seed");
    fs::create_dir_all(&folder)
        .map_err(|fault| Failure::new(format!("cannot make {}: {fault}", folder.display())))?;
    Ok(folder.join("callback.key"))
}
