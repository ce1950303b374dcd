//! Downloads images, verifies that they are complete, and stores them in a directory
//! or an object store.
//!
//! ```
//! # use axum::http::header::CONTENT_TYPE;
//! use useapi_seed_images::{Directory, Downloader, ImageSource, PutMode, Sink};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # const PNG: &[u8] = include_bytes!("../tests/pixel.png");
//! # let get = || async { ([(CONTENT_TYPE, "image/png")], PNG) };
//! # let router = axum::Router::new().route("/a.png", axum::routing::get(get));
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let url = format!("http://{}/a.png", listener.local_addr()?);
//! # tokio::spawn(async { axum::serve(listener, router).await });
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path().join("images");
//! let downloader = Downloader::builder()
//! #   .allow_local_addresses(true)
//!     .build()?;
//! let sink = Directory::new(&directory);
//! let saved = downloader.save(&ImageSource::new(1, url), &sink).await?;
//! println!("{}: {} bytes, {}", saved.name, saved.size, saved.media_type);
//! sink.put_document("job.json", "{}".into(), PutMode::Overwrite).await?;
//! # assert_eq!(std::fs::read(directory.join("image-1.png"))?, PNG);
//! # assert_eq!(saved.dimensions, Some((1, 1)));
//! # Ok(())
//! # }
//! ```
//!
//! # Complete images
//!
//! An image is complete when it has the announced size, or else when its structure has
//! its end (PNG, JPEG, GIF, WebP, AVIF, HEIF), or, for other formats, when the HTTP
//! body is complete. Only complete images are returned or stored, under the extension
//! of their content. Where one differs from what was announced, it has a [`Mismatch`].
//!
//! # Errors
//!
//! A [`DownloadError`] has an [`ImageError`] as its reason. A failed attempt is retried
//! with backoff while that may help, and an interrupted one is resumed where a validator
//! (`ETag`, `Last-Modified`) proves that both parts are of the same version. When the
//! URL cannot be used, the fallback URL is. The caller decides about the rest:
//! [`is_expired`](ImageError::is_expired) asks for a renewed URL,
//! [`is_transient`](ImageError::is_transient) for a later call.
//!
//! # Stopping and resuming
//!
//! Saving is idempotent: an image that the sink has already, complete and with all
//! announced values, is not downloaded again ([`SavedImage::reused`]). A killed process
//! leaves no incomplete image; what it leaves of a temporary file in a [`Directory`] is
//! deleted by the next one. A document that is written last marks a complete job.
//!
//! # Security
//!
//! Only public hosts are used, unless
//! [local addresses are allowed](DownloaderBuilder::allow_local_addresses); each redirect
//! is checked. No error, `Debug` output or span contains a URL, since it is a key to its
//! image. Images are not decoded.
//!
//! # Limits
//!
//! | limit | default | configured by |
//! | --- | --- | --- |
//! | time of a download, with all attempts | 10 min | [`DownloaderBuilder::timeout`] |
//! | consecutive failed attempts | 30 s | [`DownloaderBuilder::retry_timeout`] |
//! | size of an image | 256 MiB | [`DownloaderBuilder::size_limit`] |
//!
//! # Tracing
//!
//! A download is a span `useapi_seed.download` with the attributes `error.type`,
//! `http.request.method`, `http.response.status_code` (the last), `server.address` and
//! `server.port` (the last), `useapi.attempt` (the last), `useapi.request.status` (of
//! the last: `not_sent`, `may_have_been_sent` or `response_received`), `useapi.image.number`, `useapi.image.size` and `useapi.image.reused`.
//!
//! # Features
//!
//! - `rustls` (default), `rustls-no-provider`, `native-tls`: TLS, as reqwest's features
//!   of these names.
//! - `object-store`: `ObjectStoreSink`. Enable `aws`, `gcp` or `azure` of the crate
//!   `object_store` for these stores.
//! - `schemars`: JSON Schemas of [`ImageSource`], [`SavedImage`] and [`Mismatch`].

mod address;
pub mod atomic_file;
mod attempts;
mod downloader;
mod error;
mod http;
mod inspection;
mod limits;
mod mismatch;
mod partial_file;
mod range;
mod resolver;
mod retry_after;
mod saved;
mod sink;
mod source;
mod spool;
mod structure;
#[cfg(test)]
mod tests;
mod transfer;
mod verified;

pub use downloader::{Downloader, DownloaderBuilder};
pub use error::{DownloadError, ImageError};
pub use mismatch::Mismatch;
pub use saved::{SavedImage, find};
#[cfg(feature = "object-store")]
pub use sink::ObjectStoreSink;
pub use sink::{Directory, PutMode, Sink, SinkError};
pub use source::ImageSource;
pub use verified::VerifiedImage;
