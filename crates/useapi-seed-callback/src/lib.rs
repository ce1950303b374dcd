//! Receives the callbacks of useapi.net's Midjourney seed endpoint, and believes
//! only what the API confirms.
//!
//! The service calls the `replyUrl` of a submission with the job's news (Request
//! Body, replyUrl). Nothing proves that a call comes from the service: it has no
//! signature, and may come twice, late, out of order or never. So a callback is
//! taken here as a hint to look at the job now, and what is told of the job is
//! what the API answers.
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().time_scale(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let jobid = emulator.jobs().imagine.as_str();
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let base = format!("http://{}/callbacks", listener.local_addr()?);
//! use useapi_seed::{SubmitOptions, SubmitOutcome};
//! use useapi_seed_callback::{Key, Receiver};
//!
//! // `base` leads here from the internet: https://example.com/callbacks, say.
//! let (receiver, _events) = Receiver::builder(client.clone(), base, Key::random()?).build()?;
//! tokio::spawn(receiver.server().serve(listener));
//!
//! let reply_url = receiver.reply_url(jobid, None)?;
//! if let SubmitOutcome::Started(job) = client.submit(jobid).with_options(SubmitOptions::default().reply_url(reply_url)).await? {
//!     let retrieval = receiver.wait(job.wait()).await?; // as soon as it is there
//!     println!("seed {}", retrieval.seed());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # For a service with many jobs
//!
//! [`Receiver::follow`] hands a wait over, and [`Events`] tells the news of all
//! jobs: each real change once, a job's in their order.
//!
//! ```
//! # use useapi_seed_emulator::Emulator;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::builder().time_scale(600.0).start().await?;
//! # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
//! # let jobid = emulator.jobs().imagine.as_str();
//! # let base = "https://example.com/callbacks";
//! # let interval = std::time::Duration::from_millis(20);
//! # let key = useapi_seed_callback::Key::random()?;
//! use useapi_seed::{SubmitOutcome, WaitOptions};
//! use useapi_seed_callback::{Event, Receiver};
//!
//! let (receiver, mut events) = Receiver::builder(client.clone(), base, key).build()?;
//! if let SubmitOutcome::Started(job) = client.submit(jobid).await? {
//!     receiver.follow(job.wait().with_options(WaitOptions::default().poll_interval(interval)));
//! }
//! while let Some(event) = events.next().await {
//!     match &event {
//!         Event::Progress(update) => println!("{}: {:?} %", update.job_id, update.percent),
//!         Event::Finished(retrieval) => println!("seed {}", retrieval.seed()),
//!         Event::Failed { error, .. } => println!("{error}"),
//!         _ => {}
//!     }
//!     if event.is_end() {
//!         println!("{} is over", event.job_id());
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # In an application with other routes
//!
//! `Router::new().nest("/callbacks", receiver.router())` mounts it beside them.
//! Unlike [`Server`], `axum::serve` limits neither how many connections are open
//! nor how long one may be idle; a proxy in front of it should.
//!
//! axum nests below a path only. For a base without one, such as
//! `https://example.com`, use [`Receiver::router`] as the whole application, or the
//! receiver as its `fallback_service`.
//!
//! # Other servers than axum
//!
//! [`Receiver`] is a `tower` service over any body, and [`Receiver::receive`] is a
//! function from a path and bytes to the status to answer.
//!
//! # From the internet to this process
//!
//! The service has to reach you, so `base` needs a public name with HTTPS:
//!
//! - **A reverse proxy** that you have (nginx, Caddy, a load balancer): let it pass
//!   one path on, such as `/callbacks/`, by HTTP to the port that this listens on.
//!   Whether it keeps or takes that prefix does not matter here. A limit for
//!   bodies of a megabyte does no harm.
//! - **A tunnel** for trying it out at home (`cloudflared tunnel`, `ngrok http`,
//!   `ssh -R`): it prints a public address; that is the base, and the local port
//!   the one that this listens on. Its provider can read what passes.
//!
//! Then send something: `curl -i -X POST https://example.com/callbacks/job` must be
//! answered 404 by this receiver, and [`Counts::strangers`] count it. If it counts
//! nothing, the way here is broken. Waits poll in any case.
//!
//! # What an attacker can do
//!
//! Each address ends in a tag of 128 bits, made with the [`Key`] over the job it
//! is for and its `replyRef` (HMAC with SHA-256, compared in constant time). Who
//! does not have the address gets 404 before the body is read.
//!
//! Whoever has an address, from a log on the way say, can claim what they like
//! about jobs. They can
//!
//! - make this process ask the API for the job: one look at a time for each job,
//!   and [so many in a second](ReceiverBuilder::looks_per_second) over all; for
//!   jobs that nobody waits for from [another
//!   budget](ReceiverBuilder::strangers_per_second), which takes nothing of the
//!   first;
//! - keep that job's own callbacks out with slow bodies, as long as they go on;
//! - make a wait poll as rarely as [it does when it is
//!   called](ReceiverBuilder::poll_interval_after_wake);
//! - not make anybody believe that a job has ended, failed or gone on, nor keep
//!   news from anybody for longer than that polling takes.
//!
//! A look that finds less than was claimed is counted ([`Counts`]). Keep
//! addresses out of public logs all the same, and use HTTPS.
//!
//! # Keys
//!
//! Addresses need no memory: after a restart with the same key all that are out
//! are known again. [`Key::from_file`] keeps one. To change it, give the new key to
//! [`Receiver::builder`] and that of before to [`ReceiverBuilder::previous_key`]
//! until the last job with an old address has ended.
//!
//! # Limits
//!
//! | what | how much | beyond it |
//! | --- | --- | --- |
//! | a body | 1 MiB, 10 s; 64 at once, 8 of them for one job's address | 413, 408, 503 |
//! | connections of [`Server`] | [256](Server::max_connections) concurrently, never more than half of the files that the process may open | wait to be accepted |
//! | the head of a request to [`Server`] | 16 KiB, [10 s](Server::head_timeout) | 431, closed |
//! | the age of a connection of [`Server`] | 60 s | closed after the request |
//! | jobs that are known at once | 10,000 | the oldest are only polled |
//! | looks that wait their turn | 10,000, and 100 for strangers | dropped and counted |
//! | ends that are kept | 1,000, for an hour | forgotten here, not at the service |
//! | news that nobody takes | 1,000 | those of followed jobs wait, other ends are only kept |

mod address;
mod budget;
mod claim;
mod counts;
mod event;
mod http_service;
mod jobs;
mod key;
mod looks;
mod places;
mod receiver;
mod rejection;
mod server;
mod waiting;

pub use address::AddressError;
pub use counts::Counts;
pub use event::{Event, Events};
pub use key::{Key, KeyError};
pub use receiver::{Receiver, ReceiverBuilder};
pub use rejection::Rejection;
pub use server::Server;
