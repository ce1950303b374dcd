//! The `seed_async` endpoint of useapi.net's Midjourney API, on loopback: for
//! tests and demonstrations without an account, a network or a wait.
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
//! | `Host` names this machine (see *Limits*) | 421 |
//! | token | 401; 402 for [`Emulator::expired_token`] |
//! | size, content type and form of the body | 400 |
//! | `jobid` is there, a text, and not blank | 400 |
//! | `replyRef` and `replyUrl` are texts, of at most 1024 characters; `discord` is a text | 400 |
//! | the parent job exists | 404 |
//! | the job's account is not halted | 596, the plain body |
//! | it is completed | 400 |
//! | its verb is imagine, button or blend | 400 |
//! | its seed has not been retrieved | 200 with the parent job and its `seed` |
//! | `discord`: the request's, else the account's, else the job's | 400 |
//! | the job has a channel | 400 |
//! | fewer jobs are executing in the channel than its account may have | 429 with `executingJobs` |
//! | no moderation message is pending | 596 with the failed job; the account is halted from then on |
//! | | 200 with the started job |
//!
//! `GET /v2/jobs/?jobid=` answers 400, 404, 596 for a job of a halted account,
//! or 200 with the job as it is at that time. A started job takes 45 seconds of
//! the emulator's clock: *started* for five, then *progress* with a percentage
//! in `content`, then *completed*. A job is gone (404) when it is 31 days old.
//!
//! The job that a seed is asked for is shown as it was requested, with a `replyUrl`
//! and a `replyRef` of its own; `content` has the parameters of its prompt, `prompt`
//! has not.
//!
//! `GET /v2/jobs` lists the ids of the executing jobs,
//! `GET /v2/jobs/cancel/?jobid=` gives one of them up (596 for a halted
//! account), and
//! `POST /v2/account/midjourney/<channel>/reset` puts a halted account back to
//! work.
//!
//! # Time
//!
//! The clock shows 2024-02-25T18:00:00Z at the start, or what
//! [`EmulatorBuilder::start_time`] says. It runs at real speed, as fast as
//! [`EmulatorBuilder::time_scale`] says, or not at all
//! ([`EmulatorBuilder::paused`]), can be put forward by [`Emulator::advance`],
//! and be given another speed by [`Emulator::set_time_scale`]. On a clock that stands
//! still the same calls in the same order get the same bodies at every start, but
//! for the ports in links.
//!
//! # Bad days
//!
//! [`EmulatorBuilder::fault`] and [`Emulator::inject`] let calls of an
//! [`Operation`] meet a [`Fault`]: the next so many, or any with a probability.
//! A fault that could change nothing about an operation is refused
//! ([`FaultError`]), and one that would change nothing about a certain call waits
//! for the next ([`Fault`] says what comes first meanwhile). [`Emulator::faults`]
//! counts how often each was met.
//!
//! [`Fault::late`] is for a submission whose sender gives up or is killed while
//! something between delivers it all the same: a complete request is carried out
//! after the delay, whether or not its connection still exists.
//!
//! ```
//! use useapi_seed_emulator::{Emulator, Fault, Operation, Trigger};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The first submission is carried out, but its answer is lost.
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
//! A [`Scenario`] says in a file which accounts, tokens, jobs, times and faults
//! there are. Four are shipped:
//!
//! | name | what |
//! | --- | --- |
//! | `idle` | an account with room for twelve jobs, and jobs of its own |
//! | `busy-account` | all places of the samples' account are taken: 429 |
//! | `halted-account` | the samples' account is halted: 596 |
//! | `flaky-network` | a lost answer, then gateways, resets and cuts in turn |
//!
//! # What happened
//!
//! [`Emulator::journal`] has the latest thousand calls, or fewer where they are
//! over 16 MiB together, without secrets, with answer, fault and job; a call that
//! the service does not know, with what it has that is most like it.
//! [`Emulator::job_counts`] counts the seed jobs of
//! each parent.
//!
//! # Callbacks
//!
//! A job that has a `replyUrl` reports to it: as its first news come, half-way,
//! and at its end. The body is what `GET /v2/jobs/?jobid=` would answer then; for
//! a job that failed for its halted account, that job. A receiver that does not
//! answer with 2xx is called again after 10 and after 60 seconds of the emulator's
//! clock. Only addresses on loopback are called, unless
//! [`EmulatorBuilder::allow_external_callbacks`] is set, and only by `http`.
//! [`Emulator::callbacks`] lists them; [`Operation::Callback`] lets them be lost,
//! late, doubled or overtaken.
//!
//! # From other languages
//!
//! Below `/_emulator/` on the API's port the same can be done over HTTP: service
//! (addresses, tokens, jobs), clock, faults, journal, callbacks, job counts.
//! `/_emulator/openapi.yaml` describes it. It takes no token, as it is on
//! loopback only.
//!
//! # Images
//!
//! Links lead to a second port, work for a day of the emulator's clock, and
//! show PNG files whose `size`, `width` and `height` are the announced ones: a
//! landscape drawn from the seed, in four variations of 1024 x 1024, and for
//! the parent job all four in one of 2048 x 2048. A request that shows an API
//! token or an `Authorization` header is refused with 403 and counted by
//! [`Emulator::leaked_token_requests`].
//!
//! A download that broke off can be resumed: each file has a strong `ETag`,
//! `Accept-Ranges` says `bytes`, and a `Range` of one part is answered by 206, or
//! by 416 where the file has ended before. When `If-Range` has another tag, and
//! for several parts at once, the whole file comes.
//!
//! # Guesses
//!
//! What the documentation leaves open, and how it is answered here:
//!
//! - The order of the checks above.
//! - The first documented 400 is read as the field's name, `jobid is missing`.
//!   A blank `jobid` in the query of `GET` is not provided.
//! - A job id that is `null`, no text or blank is missing. An optional field that
//!   is empty is not given. One that is `null`, or anything else but a text, gets
//!   400 with the emulator's own message. Unknown fields are ignored, and of a
//!   field that comes twice the last counts.
//! - A content type other than `application/json`, a body that is no JSON object,
//!   and a body over 64 KiB get 400 with the emulator's own message. (The service
//!   documents no 413.)
//! - A target and headers of more than 16 KiB together get 431 with the emulator's
//!   own message, and are not in the journal.
//! - Unknown paths get 404 and unknown methods 405, in the documented form of an
//!   error. HEAD is unknown to every operation, and `Allow` does not list it.
//! - The scheme of the token, `Bearer`, may be written in any case.
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
//! - A job has `messageId` and `timestamp` as soon as it is more than started.
//! - The `replyUrl` and `replyRef` beside an already retrieved seed are those that
//!   the original job was requested with, not those of the request for its seed.
//! - A blend job and a describe job have no `prompt`. Parameters begin with the
//!   first ` --`.
//! - The order of the fields, the form of a seed job's id, and what `placeholder`
//!   holds.
//! - How long a retrieval takes, and when its percentage moves.
//! - An account belongs to a channel, and a channel without an account may
//!   execute three jobs. The text of the 429's `error`, and that it
//!   has no `Retry-After`.
//! - Every token that is known sees the jobs of all accounts. Every operation
//!   answers 402, `GET /jobs` and the reset too, for which it is not documented.
//! - A started job shows the account's `replyUrl` where the request brought none,
//!   and `discord` as it is used. `maxJobs` is the account's at present.
//! - A job that failed for its halted account does not count as executing.
//! - A `discord` value of up to six characters is masked whole.
//! - A moderation message is found by the first request that would start a
//!   job, and halts the channel's account, whatever `discord` value the request
//!   brought. After that every call about a job of that account answers 596
//!   with the plain body, also one about the job that failed for it, or that
//!   would cancel one. `GET /jobs`, which is about no account, answers as ever.
//! - Only a job that is executing can be cancelled; any other is not located.
//! - A reset is answered with no body, also when nothing was halted. The text
//!   of its 404.
//! - `proxy_url` is the same as `url`, and every answer has fresh links.
//! - A link that was changed is answered as one that has expired.
//! - That the image host has tags and ranges, of which the documentation says
//!   nothing.
//! - When callbacks come, what they hold while a job runs, and when they are
//!   tried again.
//! - A job is gone exactly 31 days after it was made; a job that is gone is
//!   answered as one that never was.
//! - A `replyUrl` that is no address, or not on loopback, is taken and never
//!   called.
//! - A `replyUrl` may be of any form, and so may a `discord` value.
//! - A fault's own error says `A fault on demand`.
//!
//! A message that begins with `Emulator: ` is the emulator's own: the service has
//! none for it, or another.
//!
//! # What it does not do
//!
//! It does not read a `discord` value, and does no TLS: a `replyUrl` that begins
//! with `https:` is not called.
//!
//! # Limits
//!
//! A port serves 4096 connections at once; others wait. (They take a file
//! descriptor each, of which a process may have fewer: often 1024.) One that is
//! silent for a minute is closed, also one whose request is still not whole, or
//! not answered, after ten. No limit follows the emulator's clock.
//!
//! A request whose `Host` header is neither an IP address nor `localhost` with the
//! own port is rejected with 421 on every route of both ports: a site whose name
//! leads here (DNS rebinding) could read the token and drive callbacks. Such
//! requests are not in the journal.
//!
//! A body of more than 64 KiB is refused; so are a target and headers of more than
//! 16 KiB together, and more than a hundred headers. The journal keeps a thousand
//! calls, and fewer where they, each with its fault, are over 16 MiB together; it
//! shows the first 4096 bytes of a body, and `…[truncated]` where there are more.
//! A thousand faults are kept, and fewer where their texts and values are over
//! 1 MiB together; a new one takes the place of the oldest that is used up, or is
//! refused where all still wait ([`FaultError::Full`]). 64 callbacks are under way
//! at once; a receiver has ten seconds of real time, for which the next news of
//! the same job wait.
//!
//! # The feature `pictures`
//!
//! Is on by default. Without it nothing is painted and no encoder is compiled:
//! every seed has the same four prebuilt files of one pixel, the grid two by two.
//!
//! # The feature `console`
//!
//! Is off by default. With it, there is a page for a browser below `/_emulator/` (at
//! `Emulator::page`): choose a job, ask for its seed, follow the job that was
//! started to its pictures; beside it clock, faults and journal, and beneath it the
//! reference of the API, by Swagger UI, with the token filled in. It makes the same
//! calls as any client, needs JavaScript and no network, and its
//! `Content-Security-Policy` lets it reach the API and the image host alone.
//! Swagger UI is under the Apache License 2.0.
//!
//! A browser gets no connection twice then (`Connection: close`), since it sends a
//! call again by itself, a POST too, when a connection that it has used is reset.
//! The image host lets the page know how much of a picture came
//! (`Timing-Allow-Origin`).
//!
//! # The feature `validated`
//!
//! Is for this project's own tests, and not part of the interface: every answer
//! of the API is then held against the project's OpenAPI description, and one
//! that does not fit becomes a 500. What is answered does not come from there.

mod access;
mod account;
mod answers;
mod attachments;
mod callbacks;
mod clock;
mod control;
mod faults;
mod gallery;
mod head_limit;
mod host;
mod image_host;
mod journal;
#[cfg(feature = "pictures")]
mod noise;
mod operation;
#[cfg(feature = "console")]
mod page;
#[cfg(feature = "pictures")]
mod palette;
mod parent;
mod partial;
#[cfg(feature = "pictures")]
mod picture;
mod png_file;
mod refusal;
mod request;
mod retrieval;
mod routes;
mod samples;
mod scenario;
mod secrets;
mod service;
mod start;
#[cfg(feature = "validated")]
mod validation;
mod watch;
mod wire;
mod world;

pub use callbacks::{Callback, Outcome};
pub use clock::TimeScaleError;
pub use faults::{Fault, FaultError, InjectedFault, Trigger};
pub use journal::JournalEntry;
pub use operation::Operation;
pub use retrieval::JobCounts;
pub use samples::SampleJobs;
pub use scenario::{Scenario, ScenarioError};
pub use start::{Emulator, EmulatorBuilder, StartError};
