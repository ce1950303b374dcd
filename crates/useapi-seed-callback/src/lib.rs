//! Receives the callbacks of useapi.net's Midjourney seed endpoint, and verifies them
//! against the API.
//!
//! The service calls the `replyUrl` of a submission on progress and at the end of the
//! job. Callbacks are unauthenticated, and may come twice, late, out of order or never.
//! So a callback here is only a hint to poll the job now: every result and every event
//! is a response of the API.
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().time_scale(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let job_id = emulator.jobs().imagine.as_str();
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let base_url = format!("http://{}/callbacks", listener.local_addr()?);
//! use useapi_seed::{SubmitOptions, SubmitOutcome};
//! use useapi_seed_callback::{Key, Receiver};
//!
//! // The base URL is public, such as https://example.com/callbacks.
//! let (receiver, _events) = Receiver::builder(client.clone(), base_url, Key::random()?).build()?;
//! tokio::spawn(receiver.server().serve(listener));
//!
//! let options = SubmitOptions::default().reply_url(receiver.reply_url(job_id, None)?);
//! if let SubmitOutcome::Started(job) = client.submit(job_id).with_options(options).await? {
//!     let result = receiver.wait(job.wait()).await?; // woken by the job's callbacks
//!     println!("seed {}", result.seed());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Many jobs
//!
//! [`Receiver::track`] waits for a job in the background. [`Events`] yields the changes
//! of all tracked jobs, each once and those of a job in order:
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().time_scale(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let job_id = emulator.jobs().imagine.as_str();
//! # let base_url = "https://example.com/callbacks";
//! # let interval = std::time::Duration::from_millis(20);
//! # let key = useapi_seed_callback::Key::random()?;
//! use useapi_seed::{SubmitOutcome, WaitOptions};
//! use useapi_seed_callback::{Event, Receiver};
//!
//! let (receiver, mut events) = Receiver::builder(client.clone(), base_url, key).build()?;
//! if let SubmitOutcome::Started(job) = client.submit(job_id).await? {
//!     receiver.track(job.wait().with_options(WaitOptions::default().poll_interval(interval)));
//! }
//! while let Some(event) = events.next().await {
//!     match &event {
//!         Event::Progress(progress) => println!("{}: {:?} %", progress.job_id, progress.percent),
//!         Event::Completed(result) => println!("seed {}", result.seed()),
//!         Event::Failed { error, .. } => println!("{error}"),
//!         _ => {}
//!     }
//!     if event.is_terminal() {
//!         println!("{} has ended", event.job_id());
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A callback about a job that is not awaited, such as one that another process
//! submitted, is unsolicited. The job is polled and, if it belongs to the URL, tracked.
//! Results are not stored: a later wait polls the API.
//!
//! # Mounting
//!
//! `Router::new().nest("/callbacks", receiver.router())` mounts the receiver in an axum
//! application. Unlike [`Server`], `axum::serve` limits neither the number of open
//! connections nor how long they may be idle: put a proxy with such limits in front of
//! it. For a base URL without a path, use [`Receiver::router`] as the application or as
//! its `fallback_service`.
//!
//! # Other web frameworks
//!
//! The router is a `tower` service over any body. [`Receiver::handle`] maps a path and
//! a body to the status to respond with.
//!
//! # Exposing the receiver
//!
//! The service must reach the base URL, so it needs a public name and HTTPS:
//!
//! - **Reverse proxy** (nginx, Caddy, a load balancer): forward one path, such as
//!   `/callbacks/`, by HTTP to the receiver's port. The proxy may keep or remove the
//!   prefix.
//! - **Tunnel**, for development (`cloudflared tunnel`, `ngrok http`, `ssh -R`): its
//!   public URL is the base URL. Its provider can read the callbacks.
//!
//! Verify with `curl -i -X POST https://example.com/callbacks/job`: a 404 and an
//! incremented [`Stats::unknown_url`] mean that the receiver is reachable.
//!
//! # Threat model
//!
//! A URL ends in a tag of 128 bits: HMAC-SHA-256 with the [`Key`] over the job and its
//! `replyRef`, compared in constant time. Without it, the response is 404 before the
//! body is read.
//!
//! Anyone who learns a URL, for example from a log, can send forged callbacks to it.
//! They cause:
//!
//! - polls of that job, while it is awaited: at most one per second for each wait, and
//!   one entry at a time in the [rate-limited](ReceiverBuilder::max_polls_per_second)
//!   queue that all jobs share;
//! - less frequent polls of that job, at the
//!   [interval](ReceiverBuilder::poll_interval_after_wake) for jobs with callbacks;
//! - polls of jobs that are not awaited, with
//!   [their own rate limit](ReceiverBuilder::max_unsolicited_polls_per_second) and queue;
//! - rejections of that job's own callbacks, while slow bodies use its slots. Polling
//!   still finds its end.
//!
//! They never cause an event or a result that the API does not confirm, nor the loss of
//! one. Keep URLs out of public logs, and use HTTPS.
//!
//! # Keys
//!
//! URLs are stateless: after a restart with the same key, all are valid.
//! [`Key::from_file`] stores a key. To replace it, pass the new key to
//! [`Receiver::builder`] and the previous one to [`ReceiverBuilder::previous_key`] until
//! the last job with an old URL has ended.
//!
//! # Limits
//!
//! | limit | value | over the limit |
//! | --- | --- | --- |
//! | body | 1 MiB within 10 s | 413, 408 |
//! | bodies read concurrently | 64; 8 for the URLs of one job, 32 for the account's | 429 |
//! | connections of [`Server`] | [256](Server::max_connections), and half of the process's files | wait to be accepted |
//! | head of a request to [`Server`] | 16 KiB within [10 s](Server::head_timeout) | 431, closed |
//! | age of a connection of [`Server`] | 60 s | closed after the current request |
//! | polls of awaited jobs | [50 per second](ReceiverBuilder::max_polls_per_second), 10,000 queued | dropped; the wait polls later |
//! | polls of other jobs | [1 per second](ReceiverBuilder::max_unsolicited_polls_per_second), 100 queued | dropped |
//! | remembered jobs that are not awaited | 10,000 | the oldest is forgotten, and polled again after a callback |
//! | events that are not read | 1,000 | tracked jobs are not polled |

mod body_slots;
mod callback_url;
mod event;
mod http_service;
mod jobs;
mod key;
mod payload;
mod polls;
mod receiver;
mod rejection;
mod server;
mod stats;

pub use callback_url::UrlError;
pub use event::{Event, Events};
pub use key::{Key, KeyError};
pub use receiver::{Receiver, ReceiverBuilder};
pub use rejection::Rejection;
pub use server::Server;
pub use stats::Stats;
