//! The `seed_async` endpoint of useapi.net's Midjourney API, on loopback: for
//! tests and demonstrations without an account, a network or a wait.
//!
//! ```
//! use useapi_seed_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A minute passes in a tenth of a second.
//! let emulator = Emulator::builder().speed(600.0).start().await?;
//!
//! let response = reqwest::Client::new()
//!     .post(format!("{}/jobs/seed_async", emulator.base_url()))
//!     .bearer_auth(emulator.token())
//!     .json(&serde_json::json!({ "jobid": emulator.jobs().imagine }))
//!     .send()
//!     .await?;
//! assert_eq!(response.status(), 200);
//! let job: serde_json::Value = response.json().await?;
//! assert_eq!(job["verb"], "seed_async");
//! assert_eq!(job["status"], "started");
//! # Ok(())
//! # }
//! ```
//!
//! An [`Emulator`] is a server with a thread of its own. It listens on
//! 127.0.0.1 only, has a port for the API and one for the images, shares
//! nothing with other emulators of the process, and ends when it is dropped.
//! It is written from the service's documentation and shares no code with any
//! client, so that the two cannot agree on the same mistake.
//!
//! # What it answers
//!
//! `POST /v2/jobs/seed_async` checks a request in this order; the first check
//! that fails gives the answer.
//!
//! | check | answer |
//! | --- | --- |
//! | token | 401; 402 for [`Emulator::expired_token`] |
//! | size, content type and form of the body | 413, 400 |
//! | `jobid` is there, a text, and not blank | 400 |
//! | `replyRef`, then `replyUrl`, have at most 1024 characters | 400 |
//! | the parent job exists | 404 |
//! | it is completed | 400 |
//! | its verb is imagine, button or blend | 400 |
//! | its seed has not been retrieved | 200 with the parent job and its `seed` |
//! | `discord`: the request's, else the account's, else the job's | 400 |
//! | the job has a channel | 400 |
//! | the account is not halted | 596, the plain body |
//! | fewer than three jobs are executing in the channel | 429 with `executingJobs` |
//! | no moderation message is pending | 596 with the failed job; the account is halted from then on |
//! | | 200 with the started job |
//!
//! `GET /v2/jobs/?jobid=` answers 400, 404, 596 for a job of a halted account,
//! or 200 with the job as it is at that time. A started job takes 45 seconds of
//! the emulator's clock: *started* for five, then *progress* with a percentage
//! in `content`, then *completed*. The clock starts at the real time, runs as
//! fast as [`EmulatorBuilder::speed`] says, and can be put forward by
//! [`Emulator::advance`].
//!
//! Ids and seeds are the same at every start, given the same requests. The
//! times follow the clock.
//!
//! `GET /v2/jobs` lists the ids of the executing jobs,
//! `GET /v2/jobs/cancel/?jobid=` gives one of them up, and
//! `POST /v2/account/midjourney/<channel>/reset` puts a halted account back to
//! work.
//!
//! # Images
//!
//! Links lead to a second port, work for a day of the emulator's clock, and
//! show PNG files whose `size`, `width` and `height` are the announced ones: a
//! landscape drawn from the seed, in four variations of 1024 x 1024, and for
//! the parent job all four in one of 2048 x 2048. A request that shows an API
//! token or an `Authorization` header is refused with 403 and counted by
//! [`Emulator::image_requests_with_token`].
//!
//! # Guesses
//!
//! What the documentation leaves open, and how it is answered here:
//!
//! - The order of the checks above.
//! - The first documented 400 is read as the field's name, `jobid is missing`.
//!   A blank `jobid` in the query of `GET` is not provided.
//! - A job id that is `null`, no text or blank is missing; other optional
//!   fields that are `null` or empty are not given; any other type is refused
//!   with 400 and the field's name.
//! - A content type other than `application/json`, and a body that is no JSON
//!   object, get 400 with a text of our own; a body over 64 KiB gets 413.
//! - Unknown paths get 404 and unknown methods 405, in the documented form of
//!   an error.
//! - The seed of a job is already retrieved as soon as one retrieval is
//!   completed. Before that, another request starts another job.
//! - A completed `seed_async` job carries `seed` itself, and Midjourney's
//!   message about it in `content` too.
//! - Once retrieved, the parent job shows its `seed` to `GET` as well.
//! - The job id in `seed.content` is the parent's id of this API. For a blend
//!   job, links to its images stand where the prompt would.
//! - A `seed_async` job as the parent: it has to be completed first, and then its
//!   verb is not supported.
//! - The content of a job in progress: the parent's, with a percentage.
//! - How long a retrieval takes, and when its percentage moves.
//! - An account belongs to a channel, and a channel without an account may
//!   execute three jobs as well. The text of the 429's `error`, and that it
//!   has no `Retry-After`.
//! - A `discord` value of up to six characters is masked whole.
//! - A moderation message is found by the first request that would start a
//!   job, and halts the channel's account, whatever `discord` value the request
//!   brought. After that every call about a job of that account answers 596
//!   with the plain body, also one about the job that failed for it.
//! - Only a job that is executing can be cancelled; any other is not located.
//! - A reset is answered with no body, also when nothing was halted. The text
//!   of its 404.
//! - `proxy_url` is the same as `url`, and every answer has fresh links.
//! - A link that was changed is answered as one that has expired.
//!
//! # What it does not do
//!
//! It calls no `replyUrl`.

mod access;
mod account;
mod answers;
mod attachments;
mod callbacks;
mod clock;
mod control;
mod faults;
mod gallery;
mod image_host;
mod journal;
mod noise;
mod operation;
mod palette;
mod parent;
mod picture;
mod png_file;
mod refusal;
mod request;
mod retrieval;
mod routes;
mod samples;
mod service;
mod start;
mod watch;
mod wire;
mod world;

pub use callbacks::{Callback, Outcome};
pub use faults::{Fault, FaultCount, When};
pub use journal::Entry;
pub use operation::Operation;
pub use retrieval::JobCounts;
pub use samples::SampleJobs;
pub use start::{Emulator, EmulatorBuilder, StartError};
