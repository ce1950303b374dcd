//! Client and types for useapi.net's Midjourney seed endpoint, generated from
//! its OpenAPI description.
//!
//! This is the lower of two layers: one method for each operation, one type for
//! each documented shape, and nothing decided for you. It does not wait, repeat
//! or interpret. The crate `useapi-seed` does, and stands on this one.
//!
//! - [`Client`] has the operations: [`retrieve_seed`](Client::retrieve_seed),
//!   [`get_job`](Client::get_job), [`list_jobs`](Client::list_jobs),
//!   [`cancel_job`](Client::cancel_job) and
//!   [`reset_account`](Client::reset_account).
//! - [`types`] has what goes over the wire. Fields that the description does
//!   not know are kept in `extra`, unknown words in an `Unknown` variant.
//! - [`Response`] and [`Error`] carry what came of a call, both with all that
//!   was [`RawResponse`]: status, headers and body.
//!
//! ```
//! use useapi_seed_raw::{Client, ErrorKind, types::SeedRequest};
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::start().await?;
//! # let (token, base_url) = (emulator.token(), emulator.base_url());
//! # let jobid = emulator.jobs().imagine.as_str();
//!
//! let client = Client::builder(token).base_url(base_url).build()?;
//!
//! let started = client.retrieve_seed(&SeedRequest::new(jobid)).await?;
//! let id = started.jobid.as_deref().unwrap_or_default();
//! println!("{}: {:?}", id, started.status);
//!
//! let failure = client.get_job("no such job").await.unwrap_err();
//! assert_eq!(failure.status().map(|status| status.as_u16()), Some(404));
//! if let ErrorKind::ErrorResponse(body) = failure.kind() {
//!     println!("{:?}", body.error);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Words in round brackets, such as (Model, seed.value), name the section of the
//! endpoint's documentation at useapi.net that a statement rests on; (Service)
//! stands for what is known from the service's other pages.
//!
//! # Secrets
//!
//! The API token is sent to the base URL and nowhere else: redirects are not
//! followed. Where an answer repeats the token, or the Discord token of the
//! request, it reads `***` in everything this crate hands out, also where any of
//! its characters are escaped as JSON or an address can have it, and where control
//! characters or other invisible ones stand between them, since a program that
//! removes these would put the token together again. Tokens of fewer than eight
//! characters are left alone, since ordinary words could be hit.
//!
//! # Features
//!
//! - `build-time-codegen` (default): generate the source in the build script.
//!   Without it the checked-in source is compiled, which is the same and needs
//!   no generator.
//! - `rustls` (default), `rustls-no-provider`, `native-tls`: who does TLS. With
//!   none, only `http` addresses work. `rustls-no-provider` leaves the provider of
//!   cryptography to the program, which has to install one before a client is
//!   made: [`BuildError::NoCryptoProvider`] otherwise.

mod call_context;
mod client;
mod discord_token;
mod response;
mod secret;

#[cfg(feature = "build-time-codegen")]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "generated; what the wrappers do not use stays private"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

#[cfg(not(feature = "build-time-codegen"))]
#[rustfmt::skip]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "generated; what the wrappers do not use stays private"
)]
mod generated;

pub use client::{
    BuildError, Client, ClientBuilder, DEFAULT_BODY_LIMIT, DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_TIMEOUT, is_unencrypted,
};
pub use discord_token::DiscordToken;
pub use generated::{DEFAULT_BASE_URL, Operation, types};
pub use response::{BodyStatus, Error, ErrorKind, RawResponse, Response};

use call_context::CallContext;
