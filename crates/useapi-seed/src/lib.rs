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
//! and can be asked for by its id for at least 31 days. To hold that id before the
//! wait begins, take the steps one by one:
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
//! words, [its usual cause](Error::usual_cause), [what to do](Error::advice),
//! [which job](Error::job_id) it is about, and whether [the request may have been
//! sent](Error::delivery). Programs ask it: [`Error::is_halted`],
//! [`Error::is_retryable`], [`Error::is_timeout`] and others.
//! Nothing is submitted twice: a request is repeated only when it cannot have been
//! carried out, as [`Retry`] says. After a lost answer the job that may be running
//! is [looked for](Client::find_started), and if it is not found the error says
//! that the request `may have been sent`. A poll without a usable answer does not
//! end a wait, five in a row do; a refusal ends it at once.
//!
//! ```
//! # use useapi_seed_emulator::{Emulator, Fault, Operation, When};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The service carries the submission out, and its answer is lost.
//! let emulator = Emulator::builder()
//!     .fault(Operation::RetrieveSeed, When::Next(1), Fault::ResetAfter)
//!     .start()
//!     .await?;
//! let client = useapi_seed::Client::builder(emulator.token())
//!     .base_url(emulator.base_url())
//!     .build()?;
//! let parent = emulator.jobs().imagine.as_str();
//!
//! let submitted = client.submit(parent).send().await?;
//! assert!(matches!(submitted, useapi_seed::Submitted::Started(_)));
//! assert_eq!(emulator.job_counts()[parent].started, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Progress
//!
//! [`Job::watch`] is a stream of each change, poll that failed, and the result;
//! [`Wait::on_update`] a function that is called. A wait that is dropped loses
//! nothing; one that is [told to look](Job::look_now) does so at once.
//!
//! # Going on later
//!
//! A process that has ended, was killed or gave a wait up leaves a job that runs
//! on. With its id, which is in your hands before the wait and in each error
//! after it, any process goes on: [`Client::job`]. Without the id
//! [`Client::find_started`] looks for it. Images that a folder has already are
//! not fetched again by [`Client::save_images`].
//!
//! # Callbacks
//!
//! The service calls the address of [`Submit::reply_url`] with each news of the
//! job. Such a call carries no proof of where it came from, so do not believe it:
//! let it wake the wait, which asks the API. The crate `useapi-seed-callback` does
//! that, with a route to mount and addresses that nobody can guess; by hand:
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().speed(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let jobid = emulator.jobs().imagine.as_str();
//! # let called = tokio::time::sleep(Duration::from_millis(200));
//! use useapi_seed::Submitted;
//!
//! let submit = client.submit(jobid).reply_url("https://example.com/news/order-17");
//! if let Submitted::Started(job) = submit.send().await? {
//!     // A clone of the job, for whatever answers at that address.
//!     let called_back = job.clone();
//!     # tokio::spawn(async move {
//!     # called.await;
//!     called_back.look_now();
//!     # });
//!     // As a net for the calls that are lost, it also asks by itself.
//!     let retrieval = job.wait().interval(Duration::from_secs(30)).await?;
//!     println!("seed {}", retrieval.seed());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Tests of your own
//!
//! The crate `useapi-seed-emulator` is the service in your process, with its
//! errors and its bad days; the examples here run against it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use useapi_seed::Client;
//! use useapi_seed_emulator::{Emulator, Fault, Operation, When};
//!
//! let emulator = Emulator::start().await?;
//! let client = Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! emulator.inject(Operation::RetrieveSeed, When::Next(1), Fault::status(402))?;
//!
//! let jobid = emulator.jobs().imagine.as_str();
//! let error = client.submit(jobid).send().await.unwrap_err();
//! assert!(error.is_unpaid());
//! # Ok(())
//! # }
//! ```
//!
//! # Own HTTP settings
//!
//! [`ClientBuilder::configure_api_http`] and
//! [`ClientBuilder::configure_image_http`] take functions over
//! [`reqwest::ClientBuilder`]: proxies, certificates, connections. The
//! environment's proxies are used without them, but for loopback.
//!
//! | limit | unless set | set by |
//! | --- | --- | --- |
//! | making a connection | 10 s | [`ClientBuilder::connect_timeout`] |
//! | one request | 60 s | [`ClientBuilder::request_timeout`], [`Submit::request_timeout`], [`Wait::request_timeout`] |
//! | attempts | 4 within 2 min | [`ClientBuilder::retry`], [`Submit::retry`] |
//! | a submission, with repetitions and search | 3 min | [`Submit::timeout`] |
//! | after its timeout, a submission may still start a job | 30 s | [`ClientBuilder::settle_margin`] |
//! | a wait | 15 min, and 10 s for a last look | [`Wait::timeout`] |
//! | polls in a row that fail | 5 | [`Wait::failed_polls`] |
//! | first polls that do not find a job just started | 3 | [`Wait::unknown_polls`] |
//! | an image | 10 min, 256 MiB | [`ClientBuilder::image_timeout`], [`ClientBuilder::image_size_limit`] |
//! | attempts at an image that fail in a row | 30 s | [`ClientBuilder::image_retry_timeout`] |
//! | images of a result that are saved | 16 | [`ClientBuilder::max_images`] |
//!
//! For some calls only, they are set on a [clone](Client::with_request_timeout)
//! of the client, which shares its connections.
//!
//! # Seeing what happens
//!
//! By [`tracing`](https://docs.rs/tracing), with the attributes that
//! OpenTelemetry names. No token and no link is in them.
//!
//! | span | attributes beside `otel.status_code` and `error.type` |
//! | --- | --- |
//! | `useapi_seed.request` | `http.request.method`, `http.request.resend_count`, `http.response.status_code`, `server.address`, `server.port`, `url.template`, `useapi.job.id`, `useapi.parent_job.id` (of a submission), `useapi.attempt`, `useapi.delivery` (`not_sent`, `may_have_been_sent`, `answered`) |
//! | `useapi_seed.wait`, around its polls | `useapi.job.id`, `useapi.job.status`, `useapi.polls` |
//! | `useapi_seed.find_started`, around its calls | `useapi.parent_job.id` |
//! | `useapi_seed.save_images`, around its downloads | `useapi.job.id` |
//! | `useapi_seed.download` | `http.request.method`, `http.response.status_code` (the last), `useapi.attempt` (the last), `useapi.request.status`, `server.address` and `server.port` (the last), `useapi.image.number`, `useapi.image.size`, `useapi.image.reused` |
//!
//! # Secrets
//!
//! The API token goes to the API's base URL and nowhere else: redirects are not
//! followed, and images are fetched by another HTTP client. No error or `Debug`
//! holds it, and where an answer repeats it (if it has eight characters or
//! more), it reads `***`, in any spelling and with any invisible characters in
//! between. A base URL of plain `http` to another machine is warned of, as a
//! `tracing` event.
//!
//! # The documentation
//!
//! Each item is used in an example: on its own page, or on that of the type it
//! belongs to. Fields and variants are explained where they stand.
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
//! - `rustls` (default), `rustls-no-provider` and `native-tls` choose who does TLS.
//!   With none of them only `http` addresses can be had.
//!   With `rustls-no-provider` the program installs a provider of cryptography
//!   before it makes a client; without one that is an error.
//! - `images` (default) saves images: [`Client::save_images`] and what belongs
//!   to it. Without it a [`Retrieval`] still has their links.
//! - `schemars` gives the result types a JSON Schema: [`Retrieval`], [`Update`],
//!   [`Image`], [`SavedImage`], [`Note`], [`Mismatch`] and [`ExecutingJobs`].
//!   They can be serialized in any case.
//!
//! # Layers
//!
//! This crate stands on [`raw`], the client that is generated from the OpenAPI
//! description; [`Client::raw`] leads there. For tests there is the crate
//! `useapi-seed-emulator`, which is the service on loopback.

mod account;
mod client;
mod error;
mod exchange;
mod find_started;
mod job;
mod job_id;
mod lenient;
mod limits;
mod link;
mod note;
mod nudge;
mod polling;
mod reading;
mod refusal;
mod retrieval;
mod retrieve;
mod retry;
mod retry_after;
#[cfg(feature = "images")]
mod save_images;
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
pub use job::{Job, JobState, Update};
pub use job_id::check_job_id;
pub use note::Note;
pub use refusal::{Field, Refusal};
pub use reqwest;
pub use retrieval::{Image, Retrieval};
pub use retrieve::Retrieve;
pub use retry::Retry;
#[cfg(feature = "images")]
pub use save_images::{SaveImages, SavedImage};
#[doc(no_inline)]
pub use secrecy::SecretString;
pub use submit::{Submit, Submitted};
pub use updates::{Event, Updates};
#[cfg(feature = "images")]
pub use useapi_seed_images::{self as images, ImageError, Mismatch};
pub use useapi_seed_raw as raw;
pub use useapi_seed_raw::types::{JobStatus, Verb};
pub use wait::Wait;
