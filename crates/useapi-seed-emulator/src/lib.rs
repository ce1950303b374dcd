//! The `seed_async` endpoint of useapi.net's Midjourney API, on loopback: for tests and
//! demonstrations without an account, a network or a wait.
//!
//! ```
//! use useapi_seed_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A minute passes in a tenth of a second.
//! let emulator = Emulator::builder().time_scale(600.0).start().await?;
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
//! An [`Emulator`] is a server on its own thread. It listens on 127.0.0.1 only, has a
//! port for the API and one for the images, shares nothing with other emulators of the
//! process, and ends when it is dropped. It is written from the service's
//! documentation and shares no code with any client, so that both cannot agree on the
//! same mistake.
//!
//! # Responses
//!
//! `POST /v2/jobs/seed_async` checks a request in this order; the first failed check
//! determines the response.
//!
//! | check | response |
//! | --- | --- |
//! | `Host` is this machine (see *Limits*) | 421 |
//! | token | 401; 402 for [`Emulator::expired_token`] |
//! | size, content type and format of the body | 400 |
//! | `jobid` is a text that is not blank | 400 |
//! | `replyRef` and `replyUrl` are texts, of at most 1024 characters; `discord` is a text | 400 |
//! | the parent job exists | 404 |
//! | the job's account is not halted | 596, the plain body |
//! | it is completed | 400 |
//! | its verb is imagine, button or blend | 400 |
//! | its seed has not been retrieved | 200 with the parent job and its `seed` |
//! | `discord`: the request's, else the account's, else the job's | 400 |
//! | the job has a channel | 400 |
//! | the account has a free slot | 429 with `executingJobs` |
//! | no moderation message is pending | 596 with the failed job; the account is halted from then on |
//! | | 200 with the started job |
//!
//! `GET /v2/jobs/?jobid=` responds with 400, 404, 596 for a job of a halted account, or
//! 200 with the current state of the job. A started job takes 45 seconds of the
//! emulator's clock: *started* for five, then *progress* with a percentage in
//! `content`, then *completed*. A job expires (404) when it is 31 days old.
//!
//! A parent job is shown as it was requested, with its own `replyUrl` and `replyRef`;
//! `content` has the parameters of its prompt, `prompt` has not.
//!
//! `GET /v2/jobs` lists the ids of the executing jobs, `GET /v2/jobs/cancel/?jobid=`
//! cancels one of them (596 for a halted account), and
//! `POST /v2/account/midjourney/<channel>/reset` unblocks a halted account.
//!
//! # Time
//!
//! The clock starts at 2024-02-25T18:00:00Z, or [`EmulatorBuilder::start_time`]. It
//! runs in real time, by [`EmulatorBuilder::time_scale`], or is paused
//! ([`EmulatorBuilder::paused`]). [`Emulator::advance`] advances it, and
//! [`Emulator::set_time_scale`] changes its time scale. With a paused clock, the same
//! calls in the same order have the same responses at every start, except for the ports
//! in links.
//!
//! # Fault injection
//!
//! [`EmulatorBuilder::fault`] and [`Emulator::inject`] apply a [`Fault`] to calls of an
//! [`Operation`]: the next N, or each with a probability ([`Trigger`]). A fault that has
//! no effect on an operation is rejected ([`FaultError`]), and one that has no effect on
//! a call stays pending ([`Fault`] has the order of the others meanwhile).
//! [`Emulator::faults`] counts how often each was applied.
//!
//! [`Fault::latency`] also stands for a submission whose sender is killed, or stops
//! waiting, while a gateway still delivers it: a complete request is processed after
//! the delay, whether or not its connection still exists.
//!
//! ```
//! use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The first submission is processed, but its response is lost.
//! let emulator = Emulator::builder()
//!     .fault(Operation::RetrieveSeed, Trigger::Next(1), Fault::ResetAfter)
//!     .start()
//!     .await?;
//! let submission = reqwest::Client::new()
//!     .post(format!("{}/jobs/seed_async", emulator.base_url()))
//!     .bearer_auth(emulator.token())
//!     .json(&serde_json::json!({ "jobid": emulator.jobs().imagine }));
//! assert!(submission.send().await.is_err());
//! assert_eq!(emulator.job_counts()[&emulator.jobs().imagine].started, 1);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Scenario`] is a file with initial accounts, tokens, jobs, times and faults. Four
//! are included:
//!
//! | name | content |
//! | --- | --- |
//! | `idle` | an account with twelve slots and its own jobs |
//! | `busy-account` | the samples' account has no free slot: 429 |
//! | `halted-account` | the samples' account is halted: 596 |
//! | `flaky-network` | a lost response, then gateway errors, resets and truncated bodies |
//!
//! # Journal
//!
//! [`Emulator::journal`] has the latest thousand calls, of at most 16 MiB together,
//! with redacted secrets, response, fault and job. [`EmulatorBuilder::journal_to`] sends
//! each to a channel. [`Emulator::job_counts`] counts the seed jobs of each parent.
//!
//! # Callbacks
//!
//! A job with a `replyUrl` calls it on its first progress, half-way, and at its end. The
//! body is the response of `GET /v2/jobs/?jobid=` at that time; for a job that failed
//! because of its halted account, the job. When a receiver does not respond with 2xx,
//! the callback is repeated after 10 and after 60 seconds of the emulator's clock. Only
//! `http` URLs on loopback are called, or any host with
//! [`EmulatorBuilder::allow_external_callbacks`]. [`Emulator::callbacks`] lists them;
//! faults of [`Operation::Callback`] drop, delay, duplicate or reorder them.
//!
//! # Other languages
//!
//! Routes below `/_emulator/` on the API's port do the same over HTTP: service
//! (URLs, tokens, jobs), clock, faults, journal, callbacks, job counts.
//! `/_emulator/openapi.yaml` is their spec. They need no token, since they are on
//! loopback only.
//!
//! # Images
//!
//! Links lead to the second port, work for a day of the emulator's clock, and serve PNG
//! files with the announced `size`, `width` and `height`: a landscape painted from the
//! seed, in four variations of 1024 x 1024, and for the parent job all four in one of
//! 2048 x 2048. A file is not compressed, has about one byte per pixel, and is painted
//! when it is first downloaded. A request with an API token or an `Authorization`
//! header is rejected with 403 and counted by [`Emulator::leaked_token_requests`].
//!
//! A download can be resumed: each file has a strong `ETag` and `Accept-Ranges: bytes`,
//! and the response to a single `Range` is 206, or 416 beyond the file's end. When
//! `If-Range` has another tag, and for several ranges, the response is the complete
//! file.
//!
//! # Assumptions
//!
//! Where the documentation is incomplete, the emulator behaves as follows:
//!
//! - The order of the checks above.
//! - The first documented 400 is read as the field's name, `jobid is missing`.
//!   A blank `jobid` in the query of `GET` is not provided.
//! - A job id that is `null`, not a text or blank is missing. An empty optional field
//!   is the same as an absent one. One that is `null`, or not a text, is rejected with
//!   400 and the emulator's own message. Unknown fields are ignored, and of duplicate
//!   fields the last counts.
//! - A content type other than `application/json`, a body that is not a JSON object,
//!   and a body over 64 KiB are rejected with 400 and the emulator's own message. (The
//!   service documents no 413.)
//! - Unknown paths have 404 and unknown methods 405, in the documented format of an
//!   error. HEAD is unknown to every operation, and `Allow` does not list it.
//! - The scheme of the token, `Bearer`, is case-insensitive.
//! - A seed counts as already retrieved when one of its seed jobs is completed.
//!   Before, another request starts another job.
//! - A completed `seed_async` job has `seed` itself, and also Midjourney's message in
//!   `content`.
//! - Once retrieved, the parent job shows its `seed` to `GET` as well.
//! - The job id in `seed.content` is the parent's id of this API. For a blend job, links
//!   to its images replace the prompt.
//! - A `seed_async` job as the parent must be completed first, and then its verb is not
//!   supported.
//! - The content of a job in progress is the parent's, with a percentage.
//! - A job has `messageId` and `timestamp` once it is more than started.
//! - The `replyUrl` and `replyRef` beside an already retrieved seed are those of the
//!   request for the original job, not of the request for its seed.
//! - A blend job and a describe job have no `prompt`. Parameters start at the first
//!   ` --`.
//! - The order of the fields, the format of a seed job's id, and the content of
//!   `placeholder`.
//! - How long a retrieval takes, and when its percentage changes.
//! - An account belongs to a channel, and a channel without an account has three slots.
//!   The text of the 429's `error`, and that it has no `Retry-After`.
//! - Every known token has access to the jobs of all accounts. Every operation responds
//!   with 402, `GET /jobs` and the reset too, for which it is not documented.
//! - A started job shows the account's `replyUrl` if the request has none, and `discord`
//!   as it is used. `maxJobs` is the account's current value.
//! - A job that failed because of its halted account is not executing.
//! - A `discord` value of up to six characters is masked completely.
//! - A moderation message is found by the first request that would start a job, and
//!   halts the channel's account, whatever `discord` value the request has. After that,
//!   every call about a job of that account responds with 596 and the plain body, also
//!   one about the job that failed because of it, or that would cancel one. `GET /jobs`,
//!   which is about no account, is not affected.
//! - Only an executing job can be cancelled; any other is not located.
//! - A reset has an empty response, also when nothing was halted. The text of its 404.
//! - `proxy_url` is the same as `url`, and every response has new links.
//! - A changed link has the response of an expired one.
//! - All images of a kind have one size, in pixels and in bytes.
//! - The image host supports tags and ranges, which the documentation does not mention.
//! - When callbacks are sent, what they contain while a job runs, and when they are
//!   repeated.
//! - A job expires exactly 31 days after it was created; an expired job is the same as
//!   an unknown one.
//! - A `replyUrl` that is not a URL, or not on loopback, is accepted and never called.
//! - A `replyUrl` may have any format, and so may a `discord` value.
//! - An injected error says `injected fault`.
//!
//! A message that starts with `Emulator: ` is the emulator's own: the service has none,
//! or another.
//!
//! # What it does not do
//!
//! It does not read a `discord` value, and does no TLS: a `replyUrl` with `https:` is not
//! called.
//!
//! # Limits
//!
//! A port serves 4096 connections concurrently; others wait. (Each takes a file
//! descriptor, of which a process may have fewer: often 1024.) A connection is closed
//! when the head of a request takes more than a minute, from the connection or from the
//! previous response, and when it is ten minutes old; then its current response may take
//! another minute. A body that stops for a minute is rejected. These limits are in real
//! time.
//!
//! A request whose `Host` header is neither an IP address nor `localhost` with the own
//! port is rejected with 421 on every route of both ports: a site whose name resolves to
//! this machine (DNS rebinding) could read the token and send callbacks. Such requests
//! are not in the journal.
//!
//! A body of more than 64 KiB is rejected, and so is a head of more than 16 KiB or a
//! hundred headers (431, without a body, and not in the journal). The journal shows the
//! first 4096 bytes of a body, and `…[truncated]` where there are more. A thousand faults
//! are kept, of 1 MiB of JSON together; a new one replaces the oldest that can no longer
//! be applied, or is rejected when all are pending ([`FaultError::Full`]). 64 callbacks
//! are sent concurrently; a receiver has ten seconds of real time, for which the next
//! callback of the same job waits.
//!
//! # The feature `console`
//!
//! Is disabled by default. It adds a page for a browser below `/_emulator/` (at
//! `Emulator::console_url`, to which `/` redirects a browser): choose a job, request its seed, follow the started job to
//! its images; with clock, faults and journal, and with the API's reference by Swagger
//! UI, the token filled in. It makes the same calls as any client, needs JavaScript and no
//! network, and its `Content-Security-Policy` allows the API and the image host only.
//! Swagger UI is under the Apache License 2.0.
//!
//! A browser's connections are then not reused (`Connection: close`), since it repeats a
//! request, a POST too, when a reused connection is reset. The image host lets the page
//! measure how much of an image was received (`Timing-Allow-Origin`).

mod access;
mod account;
mod attachments;
mod callbacks;
mod clock;
#[cfg(feature = "console")]
mod console;
mod control;
mod faults;
mod host;
mod image_files;
mod image_host;
mod initial_state;
mod journal;
mod operation;
mod painter;
mod parent;
mod range;
mod recorder;
mod redaction;
mod rejection;
mod request;
mod responses;
mod routes;
mod samples;
mod scenario;
mod seed_job;
mod server;
mod service;
mod start;

pub use callbacks::{Callback, Outcome};
pub use clock::TimeScaleError;
pub use faults::{Fault, FaultError, InjectedFault, Trigger};
pub use journal::JournalEntry;
pub use operation::Operation;
pub use samples::SampleJobs;
pub use scenario::{Scenario, ScenarioError};
pub use seed_job::JobCounts;
pub use start::{Emulator, EmulatorBuilder, StartError};
