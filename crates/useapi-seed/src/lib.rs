//! Retrieves the seed and the four separate images of a Midjourney job through
//! useapi.net.
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().speed(600.0).start().await?;
//! # let (token, base_url) = (emulator.token(), emulator.base_url());
//! # let jobid = emulator.jobs().imagine.as_str();
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! use useapi_seed::Client;
//!
//! // Client::from_env()? takes the token from USEAPI_TOKEN instead.
//! let client = Client::builder(token).base_url(base_url).build()?;
//!
//! let retrieval = client.retrieve(jobid)
//! #   .interval(std::time::Duration::from_millis(20))
//!     .await?;
//! println!("seed {}", retrieval.seed());
//! println!("{}", retrieval.prompt_with_seed().unwrap_or_default());
//!
//! for image in client.save_images(&retrieval, folder).await {
//!     println!("{}", image?.path.display());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Step by step
//!
//! A retrieval is a job at the service: it is started, runs for a minute or so,
//! and can be asked for by its id for 31 days. To hold that id before the wait
//! begins, take the steps one by one:
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().speed(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let jobid = emulator.jobs().imagine.as_str();
//! # let interval = Duration::from_millis(20);
//! use useapi_seed::Submitted;
//!
//! let retrieval = match client.submit(jobid).reply_ref("order-17").send().await? {
//!     Submitted::AlreadyRetrieved(retrieval) => retrieval,
//!     Submitted::Started(job) => {
//!         println!("started {}", job.id()); // write it down
//!         job.wait()
//!             .interval(interval)
//!             .timeout(Duration::from_secs(600))
//!             .on_update(|update| println!("{:?} %", update.percent))
//!             .await?
//!     }
//!     _ => return Err("a new kind of answer".into()),
//! };
//!
//! // In another process, with the id that was written down:
//! let again = client.job(retrieval.job_id()).wait().await?;
//! assert_eq!(again.seed(), retrieval.seed());
//! # Ok(())
//! # }
//! ```
//!
//! # When something goes wrong
//!
//! Each [`Error`] says [what](Error::kind), in one line with the service's own
//! words, [what to do next](Error::advice), [which job](Error::job_id) it is
//! about, and whether [the request may have been sent](Error::delivery).
//! Nothing is submitted twice: a request is repeated only when it cannot have been
//! carried out, as [`Retry`] says. After a lost answer the job that may be running
//! is [looked for](Client::find_started), and if it is not found the error says
//! that the request `may have been sent`. A poll without a usable answer does not
//! end a wait, five in a row do; a refusal ends it at once.
//!
//! # Secrets
//!
//! The API token goes to the API's base URL and nowhere else: redirects are not
//! followed, and images are fetched by another HTTP client. No error or `Debug`
//! holds it, and where an answer repeats it (if it has eight characters or
//! more), it reads `***`.
//!
//! # The documentation
//!
//! Words in round brackets, such as (Model, seed.value), name the section of the
//! endpoint's documentation at useapi.net that a statement rests on; (Service)
//! stands for what is known from the service's other pages.
//!
//! # Runtime
//!
//! Everything `async` here needs a tokio runtime with time and I/O enabled.
//!
//! # Features
//!
//! - `rustls` (default) and `native-tls` choose who does TLS.
//! - `images` (default) saves images: [`Client::save_images`] and what belongs
//!   to it. Without it a [`Retrieval`] still has their links.
//! - `schemars` gives the result types a JSON Schema: [`Retrieval`], [`Update`],
//!   [`Image`], [`SavedImage`], [`Note`], [`Difference`] and [`ExecutingJobs`].
//!   They can be serialized in any case.
//!
//! # Layers
//!
//! This crate stands on [`raw`], the client that is generated from the OpenAPI
//! description; [`Client::raw`] leads there. For tests there is the crate
//! `useapi-seed-emulator`, which is the service on loopback.

mod account;
mod client;
mod doubled;
mod error;
mod exchange;
mod find_started;
#[cfg(feature = "images")]
mod images;
mod job;
mod lenient;
mod link;
mod note;
mod nudge;
mod polling;
mod reading;
mod refusal;
mod repair;
mod retrieval;
mod retrieve;
mod retry;
mod retry_after;
mod seed_shape;
mod seed_text;
mod submit;
mod understood;
mod updates;
mod wait;

pub use account::{Account, ExecutingJobs};
pub use client::{Client, ClientBuilder};
pub use error::{Delivery, Error, ErrorKind};
pub use find_started::FindStarted;
#[cfg(feature = "images")]
pub use images::{Difference, ImageFault, SavedImage};
pub use job::{Job, JobState, Update};
pub use note::Note;
pub use refusal::{Field, Refusal};
pub use reqwest;
pub use retrieval::{Image, Retrieval};
pub use retrieve::Retrieve;
pub use retry::Retry;
pub use submit::{Submit, Submitted};
pub use updates::{Event, Updates};
pub use useapi_seed_raw as raw;
pub use useapi_seed_raw::types::{JobStatus, Verb};
pub use wait::Wait;
