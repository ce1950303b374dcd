//! Client and types for useapi.net's Midjourney seed endpoint, generated from its
//! OpenAPI document (the *spec*).
//!
//! This crate is the lower layer: one method per operation, one type per documented
//! shape. It does not wait, retry or interpret responses; the crate `useapi-seed`,
//! which is built on it, does.
//!
//! # Quick start
//!
//! ```
//! use useapi_seed_raw::{Client, types::SeedRequest};
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::start().await?;
//! # let (token, base_url) = (emulator.token(), emulator.base_url());
//! # let job_id = emulator.jobs().imagine.as_str();
//!
//! let client = Client::builder(token).base_url(base_url).build()?;
//! let job = client.retrieve_seed(&SeedRequest::new(job_id)).await?;
//! println!("{:?}: {:?}", job.jobid, job.status);
//! # Ok(())
//! # }
//! ```
//!
//! The operations are [`retrieve_seed`](Client::retrieve_seed),
//! [`get_job`](Client::get_job), [`list_jobs`](Client::list_jobs),
//! [`cancel_job`](Client::cancel_job) and
//! [`reset_account`](Client::reset_account); [`Operation`] has their methods and
//! paths. Requests and responses use the [`types`] of the spec.
//!
//! # Errors
//!
//! Every method returns an [`Error`] unless the response is the success of the
//! spec. Its [`kind`](Error::kind) says what went wrong, and
//! [`response`](Error::response) has the response, if one was received:
//!
//! ```
//! use useapi_seed_raw::{Client, ErrorKind};
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::start().await?;
//! # let (token, base_url) = (emulator.token(), emulator.base_url());
//! # let client = Client::builder(token).base_url(base_url).build()?;
//!
//! let error = client.get_job("no-such-job").await.unwrap_err();
//! assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
//! if let ErrorKind::ErrorResponse(body) = error.kind() {
//!     println!("{:?}", body.error);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Raw responses
//!
//! Successes ([`Response`]) and errors keep the [`RawResponse`]: status, headers
//! and body, also of a response that is truncated, too large or cannot be decoded.
//!
//! # Unknown fields and values
//!
//! Every response field is optional. Unknown fields are preserved in `extra`,
//! unknown values of [`Verb`](types::Verb) and [`JobStatus`](types::JobStatus) in
//! the variant `Unknown`.
//!
//! # Secrets
//!
//! The API token is sent to the base URL only; redirects are not followed.
//!
//! Where a response repeats the API token or the Discord token of the request, both
//! are replaced by `***` before anything is returned. This includes tokens with
//! JSON or percent escapes for any character, and with control or other invisible
//! characters in between, which some programs remove before they show a text.
//! Tokens of fewer than eight characters are not redacted, because they could be
//! ordinary words.
//!
//! # TLS
//!
//! The features `rustls` (default), `rustls-no-provider` and `native-tls` select the
//! TLS library. Without any of them only `http` URLs are supported
//! ([`BuildError::NoTls`]). With `rustls-no-provider` the program must install a
//! rustls crypto provider before it builds a client
//! ([`BuildError::NoCryptoProvider`]).
//!
//! # Feature flags
//!
//! | feature | default | effect |
//! | --- | --- | --- |
//! | `build-time-codegen` | yes | generates the source in the build script; without it the identical checked-in source is compiled, and no generator |
//! | `rustls` | yes | TLS by rustls with aws-lc-rs |
//! | `rustls-no-provider` | no | TLS by rustls with the installed crypto provider |
//! | `native-tls` | no | TLS by the platform's library |

mod call_context;
mod client;
mod discord_token;
mod error;
mod hooks;
mod response;
mod secret;

#[allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "generated; the client of progenitor stays private"
)]
mod generated {
    #[cfg(feature = "build-time-codegen")]
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
    #[cfg(not(feature = "build-time-codegen"))]
    include!("generated.rs");
}

pub use client::{
    BuildError, Client, ClientBuilder, DEFAULT_BODY_LIMIT, DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_TIMEOUT, is_unencrypted,
};
pub use discord_token::DiscordToken;
pub use error::{Error, ErrorKind};
pub use generated::{DEFAULT_BASE_URL, Operation, types};
pub use response::{BodyStatus, RawResponse, Response};

use call_context::CallContext;
