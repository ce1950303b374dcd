//! A client for useapi.net's Midjourney seed endpoint: it retrieves the seed and the
//! four separate images of a Midjourney job.
//!
//! # Quick start
//!
//! ```
//! # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
//! # docs::example(async |client, job_id| {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! // let client = useapi_seed::Client::from_env()?; // USEAPI_TOKEN
//! let result = client.retrieve(job_id).await?;
//! println!("seed {}", result.seed());
//! println!("{}", result.prompt_with_seed().unwrap_or_default());
//!
//! for image in client.save_images(&result, directory).await {
//!     println!("{}", image?.name);
//! }
//! # Ok(())
//! # });
//! ```
//!
//! Calls that start work are builders: `.await` them as they are, or set options
//! first. Options are plain values ([`SubmitOptions`], [`WaitOptions`],
//! [`RetryPolicy`]) that can be cloned and shared.
//!
//! # Errors
//!
//! An [`Error`] says [what happened](Error::kind) in one line with the service's
//! message, [which job](Error::job_id) it is about and whether [the request may have
//! been sent](Error::request_status). [`Error::report`] adds the likely cause and
//! what to do. Programs use the predicates, such as [`Error::is_halted`] and
//! [`Error::is_retryable`], or store the [`Verdict`].
//!
//! A request is retried only when it was not processed, or is idempotent
//! ([`RetryPolicy`]). After a lost response to a submission the client searches for
//! the job; if it finds none, the error says that the request *may have been sent*:
//!
//! ```
//! # use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The service starts the job, and its response is lost.
//! let emulator = Emulator::builder()
//!     .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::ResetAfter)
//!     .start()
//!     .await?;
//! let client = useapi_seed::Client::builder(emulator.token())
//!     .base_url(emulator.base_url())
//!     .build()?;
//! let job_id = emulator.jobs().imagine.as_str();
//!
//! let outcome = client.submit(job_id).await?;
//! assert!(matches!(outcome, useapi_seed::SubmitOutcome::Started(_)));
//! assert_eq!(emulator.job_counts()[job_id].started, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Resuming
//!
//! A retrieval runs as a job on the service for about a minute; its result stays
//! available by the job's id for at least 31 days. A process that ends during the
//! wait leaves a job that keeps running:
//!
//! ```
//! # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
//! # docs::example(async |client, job_id| {
//! use useapi_seed::{JobHandle, SubmitOutcome};
//!
//! if let SubmitOutcome::Started(job) = client.submit(job_id).await? {
//!     let stored = serde_json::to_string(job.handle())?;
//!
//!     // Later, in another process:
//!     let job = client.job(serde_json::from_str::<JobHandle>(&stored)?);
//!     println!("seed {}", job.wait().await?.seed());
//! }
//! # Ok(())
//! # });
//! ```
//!
//! A process that may end *during the submission* stores a [`SubmissionState`] after
//! each step of a [`Submission`], so that any process that continues submits nothing twice.
//! Without a stored state, [`Client::find_seed_job`] searches for the job.
//!
//! # Progress
//!
//! [`Job::poll`] polls once. [`RetrieveSeed::into_stream`] and [`Wait::into_stream`]
//! are streams of [`JobEvent`]s. Once the job is
//! started, dropping a wait or a stream loses nothing.
//!
//! # Callbacks
//!
//! The service calls [`SubmitOptions::reply_url`] on each progress event.
//! Callbacks are unauthenticated: use them only to [wake](Job::wake) the wait, which
//! polls the API. The crate `useapi-seed-callback` does so, with a route to mount and
//! unguessable URLs.
//!
//! # Images
//!
//! [`Client::save_images`] downloads the images of a result into a directory, four
//! concurrently, and verifies that each is complete. It skips images that are already
//! saved, resumes a download after an interruption and renews expired URLs. A [`SeedResult`]
//! that was stored as JSON is sufficient. [`Client::save_images_to`] stores them in any
//! [`Sink`](images::Sink), such as an object store, and [`Client::save_result`] adds
//! `job.json` last, which marks a complete job.
//!
//! # Testing
//!
//! The crate `useapi-seed-emulator` is the service in-process, with fault injection;
//! the examples here run against it:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use useapi_seed::Client;
//! use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
//!
//! let emulator = Emulator::start().await?;
//! let client = Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! emulator.inject(Operation::RetrieveSeed, Trigger::Next(1), Fault::status(402))?;
//!
//! let error = client.submit(&emulator.jobs().imagine).await.unwrap_err();
//! assert!(error.is_payment_required());
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! | limit | default | configured by |
//! | --- | --- | --- |
//! | connecting | 10 s | [`ClientBuilder::connect_timeout`] |
//! | one request | 60 s | [`ClientBuilder::request_timeout`], [`SubmitOptions::request_timeout`], [`WaitOptions::request_timeout`] |
//! | attempts | 4 within 2 min | [`ClientBuilder::retry`], [`SubmitOptions::retry`] |
//! | a submission, with retries and searches | 3 min | [`SubmitOptions::timeout`] |
//! | how long after its timeout a submission may start a job | 30 s | [`ClientBuilder::settle_margin`] |
//! | a wait | 15 min, and 10 s for the final poll | [`WaitOptions::timeout`] |
//! | a whole retrieval | submission and wait | [`RetrieveSeed::timeout`] |
//! | consecutive failed polls | 5 | [`WaitOptions::max_poll_errors`] |
//! | first polls that do not find a job just started | 3 | [`WaitOptions::max_unknown_polls`] |
//! | an image | 10 min, 256 MiB | [`ClientBuilder::image_timeout`], [`ClientBuilder::image_size_limit`] |
//! | consecutive failed attempts at an image | 30 s | [`ClientBuilder::image_retry_timeout`] |
//! | images of a result that are saved | 16 | [`ClientBuilder::max_images`] |
//!
//! # TLS
//!
//! The feature flags `rustls` (default), `rustls-no-provider` and `native-tls` select
//! the TLS library; without any, only `http` URLs work. With `rustls-no-provider` the
//! program installs a rustls crypto provider before it builds a client.
//! [`ClientBuilder::http_client`] and [`ClientBuilder::image_http_client`] configure
//! proxies and certificates over [`reqwest::ClientBuilder`].
//!
//! The API token is sent to the base URL and nowhere else: redirects are not
//! followed, and images are downloaded by a separate HTTP client that never has it.
//! No error and no `Debug` output contains it; where a response repeats it, in any
//! spelling, it reads `***` (tokens of eight characters or more).
//!
//! # Tracing
//!
//! Spans of [`tracing`](https://docs.rs/tracing), named as OpenTelemetry's
//! conventions say. They contain no token and no image URL.
//!
//! | span | attributes besides `otel.status_code` and `error.type` |
//! | --- | --- |
//! | `useapi_seed.request` | `http.request.method`, `http.request.resend_count`, `http.response.status_code`, `server.address`, `server.port`, `url.template`, `useapi.job.id`, `useapi.parent_job.id` (of a submission), `useapi.attempt`, `useapi.request.status` (`not_sent`, `may_have_been_sent`, `response_received`) |
//! | `useapi_seed.wait`, around its polls | `useapi.job.id`, `useapi.job.status`, `useapi.polls` |
//! | `useapi_seed.find_seed_job`, around its requests | `useapi.parent_job.id` |
//! | `useapi_seed.save_images`, around its downloads | `useapi.job.id` |
//! | `useapi_seed.download` | `http.request.method`, `http.response.status_code` (the last), `useapi.attempt` (the last), `useapi.request.status`, `server.address` and `server.port` (the last), `useapi.image.number`, `useapi.image.size`, `useapi.image.reused` |
//!
//! # Feature flags
//!
//! - `images` (default): [`Client::save_images`] and the crate
//!   `useapi-seed-images`. Without it a [`SeedResult`] still has the URLs.
//! - `object-store`: [`images`] has `ObjectStoreSink`, for any store of the crate
//!   `object_store`, whose own features choose S3, Google Cloud Storage or Azure.
//! - `rustls` (default), `rustls-no-provider`, `native-tls`: see [TLS](#tls).
//! - `schemars`: JSON Schemas of the serializable types.
//!
//! # Layers
//!
//! This crate is built on [`raw`], the client that is generated from the OpenAPI
//! spec; [`Client::raw`] leads there. It needs a tokio runtime with time and I/O
//! enabled.

mod account;
mod attempts;
mod bad_request;
mod cdn_url;
mod client;
mod client_builder;
mod error;
mod find;
mod job;
mod job_id;
mod json;
mod response;
mod result;
mod retrieve;
mod retry_after;
mod retry_policy;
#[cfg(feature = "images")]
mod save_images;
mod seed_text;
mod seed_value;
mod submit;
mod submit_outcome;
mod transport;
mod wait;
mod wait_options;
mod warning;

pub use account::{Account, ExecutingJobs};
pub use bad_request::{BadRequestReason, Field};
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use error::{Disposition, Error, ErrorKind, RequestStatus, Verdict};
pub use find::FindSeedJob;
pub use job::{Job, JobHandle, JobProgress, PollResult};
pub use job_id::{channel_of, check_job_id};
pub use reqwest;
pub use result::{Image, SeedResult};
pub use retrieve::RetrieveSeed;
pub use retry_policy::RetryPolicy;
#[cfg(feature = "images")]
pub use save_images::SaveImages;
#[doc(no_inline)]
pub use secrecy::SecretString;
pub use submit::SubmitSeed;
pub use submit::options::{Resubmit, SubmitOptions};
pub use submit::state::{Intent, SubmissionState};
pub use submit::submission::{Next, Step, Submission};
pub use submit_outcome::SubmitOutcome;
#[cfg(feature = "images")]
pub use useapi_seed_images::{self as images, ImageError, Mismatch, SavedImage};
pub use useapi_seed_raw as raw;
pub use useapi_seed_raw::types::{JobStatus, Verb};
pub use wait::Wait;
pub use wait::event::JobEvent;
pub use wait::events::JobEvents;
pub use wait_options::WaitOptions;
pub use warning::Warning;
