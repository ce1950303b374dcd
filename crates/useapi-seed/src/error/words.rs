//! An error in words: one line, its usual cause, and what to do next.

use std::error::Error as _;
use std::fmt::{self, Write};
use std::time::Duration;

#[cfg(feature = "images")]
use useapi_seed_images::ImageError;
use useapi_seed_raw::BodyEnd;
use useapi_seed_raw::types::{JobStatus, Verb};

use super::{Delivery, Error, ErrorKind};
use crate::retry::Tried;

/// How much of the service's words the one-line form shows.
const SHOWN_CHARACTERS: usize = 300;
/// A single attempt that took less is not worth a word.
const SHOWN_TIME: Duration = Duration::from_secs(1);

impl Error {
    /// What usually causes such an error, in a sentence or two.
    #[must_use]
    pub fn usual_cause(&self) -> &'static str {
        match (&self.0.kind, self.0.delivery) {
            (ErrorKind::InvalidInput { .. }, _) => {
                "A value that this program or its user gave; nothing was sent."
            }
            (ErrorKind::Refused(_), _) => {
                "The job is not one whose seed can be asked for, or the account lacks a value."
            }
            (ErrorKind::Unauthorized, _) => {
                "The token is another one's, was changed, or was not copied whole."
            }
            (ErrorKind::NoSubscription, _) => "The subscription has run out, or was never paid.",
            (ErrorKind::NotFound, _) if !self.is_about_an_id() => {
                "Another server answered than the API, or the address lacks a part."
            }
            (ErrorKind::NotFound, _) => "The id has a typo, or the job is too old and gone.",
            (ErrorKind::TooManyJobs { .. }, _) => {
                "The account executes as many jobs as its plan allows (3 to 12), or calls come \
                 faster than the service likes."
            }
            (ErrorKind::Halted { .. }, _) => {
                "Midjourney's moderation has a message for the account's owner, or wants a CAPTCHA \
                 solved."
            }
            (ErrorKind::JobEnded { .. }, _) => {
                "Midjourney gave no seed in time, its moderation refused, or somebody cancelled."
            }
            (ErrorKind::StillRunning { .. }, _) => {
                "Midjourney is slow, or the wait was short: the service looks there only every 15 \
                 to 60 seconds."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_redirect() => {
                "The base URL is not the API's own address, or a page asks to log in first."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_another_server() => {
                "Another server responded than the API, or the base URL lacks a part."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_servers() => {
                "The service, or a gateway or proxy before it, is overloaded or down."
            }
            (ErrorKind::UnexpectedStatus, _) => {
                "A gateway or proxy before the service refuses the call, or the service has changed."
            }
            (
                ErrorKind::NoSeed {
                    verb: Some(Verb::SeedAsync) | None,
                },
                _,
            ) => {
                "The service has put the seed where its documentation does not know it, or not yet."
            }
            (ErrorKind::NoSeed { .. }, _) => {
                "The id is an imagine, button or blend job's own, not that of its seed job."
            }
            (ErrorKind::UnreadableAnswer { .. }, _) => {
                "A connection that broke, or a page in between, such as a proxy's or a login's."
            }
            (ErrorKind::Transport, Delivery::NotSent) if self.is_timeout() => {
                "A limit of time that leaves none for the request, or a network that lets nothing through."
            }
            (ErrorKind::Transport, Delivery::NotSent) => {
                "No network, a name that cannot be resolved, a closed port, or a certificate that \
                 is not trusted."
            }
            (ErrorKind::Transport, _) => "A connection that broke, or a slow service.",
            #[cfg(feature = "images")]
            (ErrorKind::Image(_), _) => {
                "Image URLs expire after about a day; a proxy may also block them."
            }
            #[cfg(feature = "images")]
            (ErrorKind::File, _) => "The folder may not be written to, or the disk is full.",
        }
    }

    /// The whole story, for a person: the line, its usual cause, and what to do.
    /// A `main` that returns the error, and an `unwrap`, print it too.
    #[must_use]
    pub fn report(&self) -> String {
        format!(
            "{self}\nUsual cause: {}\nWhat to do: {}",
            self.usual_cause(),
            self.advice()
        )
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (&self.0.kind, self.0.delivery) {
            (ErrorKind::InvalidInput { .. }, _) => "Correct the value and call again.",
            (ErrorKind::Refused(refusal), _) => refusal.advice(),
            (ErrorKind::Unauthorized, _) => {
                "Check the API token: it is the one of your useapi.net account, not the Discord \
                 token."
            }
            (ErrorKind::NoSubscription, _) => {
                "Renew the subscription of the useapi.net account, then call again."
            }
            (ErrorKind::NotFound, _) if !self.is_about_an_id() => {
                "Check the id, and the base URL, which ends in /v2 as https://api.useapi.net/v2 does."
            }
            (ErrorKind::NotFound, _) => {
                "Check the id. Jobs are kept for at least 31 days; an older one may be gone."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_redirect() => {
                "Check the base URL, which is https://api.useapi.net/v2 unless it was set, and any \
                 proxy in between."
            }
            (ErrorKind::TooManyJobs { .. }, _) if self.0.job_id.is_some() => {
                "The job is not affected: wait for it again with its id, after a while."
            }
            (ErrorKind::UnexpectedStatus, _) if self.0.job_id.is_some() && self.is_retryable() => {
                "The job is not affected: wait for it again with its id, after a while."
            }
            (ErrorKind::TooManyJobs { .. }, _) => {
                "Nothing was started. Wait as long as the service asks, or until an executing job \
                 has ended, then call again."
            }
            (ErrorKind::Halted { .. }, _) => {
                "Log in to Discord and acknowledge Midjourney's message or solve its CAPTCHA, to \
                 prevent a potential ban of the Midjourney account. Then reset the account, by \
                 `Account::reset` or POST /account/midjourney/<channel>/reset. Do not call again \
                 before: every call is rejected until then."
            }
            (ErrorKind::JobEnded { .. }, _) => {
                "The job will not go on. The service's words, if any, say why; a new call starts a \
                 new job."
            }
            (ErrorKind::StillRunning { .. }, _) => {
                "The job runs on. Wait for it again with its id; do not submit it again."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_another_server() => {
                "Check the base URL, which ends in /v2 as https://api.useapi.net/v2 does. If it is \
                 right, a job may be running: search for it before you submit again, by \
                 `find_started`."
            }
            (ErrorKind::UnexpectedStatus, Delivery::MayHaveBeenSent) => {
                "The service, or something before it, failed with the call in hand. A job may be \
                 running: look for it before you submit again, by `find_started` or in the list of \
                 executing jobs."
            }
            (ErrorKind::UnexpectedStatus, _) if self.is_retryable() => {
                "This call changed nothing. Call again after a while."
            }
            (ErrorKind::UnexpectedStatus, _) => {
                "The service answered with a status that its documentation does not know. If it \
                 persists, look at the body and ask its support."
            }
            (
                ErrorKind::NoSeed {
                    verb: Some(Verb::SeedAsync) | None,
                },
                _,
            ) => {
                "Look at the answer, which is kept, and ask for the job once more after a while. If \
                 it still has none, ask the service's support."
            }
            (ErrorKind::NoSeed { .. }, _) => {
                "Only a seed job can be waited for. To retrieve the seed of an imagine, button or \
                 blend job, submit that job's id."
            }
            (ErrorKind::UnreadableAnswer { .. }, _) if self.0.job_id.is_some() => {
                "The answer cannot be used, but the job is not lost: wait for it again with its id."
            }
            (ErrorKind::UnreadableAnswer { .. }, _) => {
                "The service accepted the call, but its answer cannot be used. If this was a \
                 submission, a job may be running: look for it before you submit again, by \
                 `find_started` or in the list of executing jobs."
            }
            (ErrorKind::Transport, Delivery::NotSent) => {
                "Nothing was sent. Check the network and the base URL, then call again."
            }
            (ErrorKind::Transport, _) if self.0.job_id.is_some() => {
                "The answer is lost, but the job is not: wait for it again with its id."
            }
            (ErrorKind::Transport, _) => {
                "The request may have been sent, and its answer is lost. If this was a submission, \
                 a job may be running: look for it before you submit again, by `find_started` or \
                 in the list of executing jobs."
            }
            #[cfg(feature = "images")]
            (ErrorKind::Image(error), _) => image_help(error),
            #[cfg(feature = "images")]
            (ErrorKind::File, _) => {
                "Check that the folder exists, may be written to and has room. The result itself \
                 is not lost: save it elsewhere."
            }
        }
    }

    /// Whether a 404 is the service's own, about an id; not about the address.
    fn is_about_an_id(&self) -> bool {
        self.service_message()
            .is_some_and(|message| message.contains("locate"))
    }

    fn is_redirect(&self) -> bool {
        self.status().is_some_and(|status| status.is_redirection())
    }

    /// Whether a 404 is not the service's own.
    fn is_another_server(&self) -> bool {
        let is_not_found = self.status().is_some_and(|status| status.as_u16() == 404);
        is_not_found && !self.is_from_service() && self.0.job_id.is_none()
    }

    fn is_servers(&self) -> bool {
        self.status().is_some_and(|status| status.as_u16() >= 500)
    }

    fn headline(&self, f: &mut String) -> fmt::Result {
        match &self.0.kind {
            ErrorKind::InvalidInput { field, problem } => write!(f, "{field} {problem}"),
            ErrorKind::Refused(refusal) => write!(f, "the request was refused: {refusal}"),
            ErrorKind::Unauthorized => f.write_str("the API token is not accepted"),
            ErrorKind::NoSubscription => {
                f.write_str("the account has no subscription, or it has expired")
            }
            ErrorKind::NotFound => f.write_str("not found"),
            ErrorKind::TooManyJobs { executing } => {
                let wait = self.retry_after().filter(|wait| !wait.is_zero());
                if executing.is_empty() {
                    f.write_str("the account is busy, or calls come too fast")?;
                } else {
                    write!(f, "the account is busy with {} jobs", executing.len())?;
                }
                match wait {
                    Some(wait) => write!(f, "; to be called again in {} s", wait.as_secs()),
                    None => Ok(()),
                }
            }
            ErrorKind::Halted { .. } => f.write_str(
                "the account is halted until a person acknowledges a message from Midjourney",
            ),
            ErrorKind::JobEnded { status } => write!(f, "the job ended as {status}"),
            ErrorKind::StillRunning {
                status,
                elapsed,
                polls,
            } => {
                let status = status.as_ref().map_or("not known", JobStatus::as_str);
                write!(
                    f,
                    "the job still runs (status {status}) after {:.1} s and {polls} polls",
                    elapsed.as_secs_f64()
                )
            }
            ErrorKind::UnexpectedStatus => f.write_str("unexpected answer"),
            ErrorKind::NoSeed { .. } => f.write_str("the job has completed, but holds no seed"),
            ErrorKind::UnreadableAnswer { problem } => write!(f, "the answer {problem}"),
            ErrorKind::Transport => f.write_str("no answer"),
            #[cfg(feature = "images")]
            ErrorKind::Image(error) => write!(f, "{error}"),
            #[cfg(feature = "images")]
            ErrorKind::File => {
                f.write_str("a file cannot be written")?;
                match &self.0.image {
                    Some((_, folder)) => write!(f, " in {}", folder.display()),
                    None => Ok(()),
                }
            }
        }
    }

    /// The HTTP status and the service's words, or else the body's first bytes.
    fn answer(&self, f: &mut String) -> fmt::Result {
        let Some(received) = &self.0.received else {
            return Ok(());
        };
        let is_said = |message: &&str| f.ends_with(*message);
        let words = self.service_message().map(shortened);
        let is_repetition = words.as_deref().as_ref().is_some_and(is_said);
        write!(f, " (HTTP {}", received.status.as_u16())?;
        match words {
            Some(_) if is_repetition => {}
            Some(words) => write!(f, ": {words}")?,
            // What came of the job is said; the rest is a whole job.
            None if matches!(self.0.kind, ErrorKind::JobEnded { .. }) => {}
            None if received.body.is_empty() => f.write_str(", no body")?,
            None => write!(f, ": {}", received.excerpt())?,
        }
        if received.end == BodyEnd::Cut {
            f.write_str(", cut short")?;
        }
        f.write_str(")")
    }

    fn line(&self, f: &mut String) -> fmt::Result {
        #[cfg(feature = "images")]
        if let Some((number, _)) = &self.0.image {
            write!(f, "image {number}: ")?;
        }
        self.headline(f)?;
        self.answer(f)?;
        self.tried(f)?;
        match (&self.0.job_id, &self.0.parent_job_id) {
            (Some(job_id), _) => write!(f, "; job {job_id}")?,
            // The service's words, or those of the search, often name it.
            (None, Some(parent)) if self.0.search.is_none() && !f.contains(parent.as_str()) => {
                write!(f, "; seed of job {parent}")?;
            }
            _ => {}
        }
        match (&self.0.kind, self.0.delivery) {
            // Goes without saying, or costs nothing.
            (ErrorKind::InvalidInput { .. }, _) | (_, Delivery::Answered) => {}
            #[cfg(feature = "images")]
            (ErrorKind::Image(_), _) => {}
            (_, Delivery::NotSent) => f.write_str("; not sent")?,
            (_, Delivery::MayHaveBeenSent) => f.write_str("; may have been sent")?,
        }
        let mut source = self.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Layers often repeat the words of the layer below.
            if !f.ends_with(&cause_text) {
                write!(f, ": {cause_text}")?;
            }
            source = cause.source();
        }
        match &self.0.search {
            Some(search) => write!(f, "; {search}"),
            None => Ok(()),
        }
    }

    /// How often and how long it was tried, where that is not said already or
    /// goes without saying.
    fn tried(&self, f: &mut String) -> fmt::Result {
        let Tried { attempts, elapsed } = self.0.tried;
        let seconds = elapsed.as_secs_f64();
        match &self.0.kind {
            ErrorKind::StillRunning { .. } => Ok(()),
            _ if attempts > 1 => write!(f, "; {attempts} attempts in {seconds:.1} s"),
            _ if elapsed >= SHOWN_TIME => write!(f, "; after {seconds:.1} s"),
            _ => Ok(()),
        }
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Whether a letter, though no control character, ends the line or lets it run
/// the other way.
fn turns_the_line(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(feature = "images")]
fn image_help(error: &ImageError) -> &'static str {
    if error.is_expired() {
        "Poll the job again: a new response has renewed URLs, as a rule. They last about a day."
    } else {
        error.help()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.line(&mut line)?;
        // Much of it is the service's: it stays one line, and moves no cursor.
        for letter in line.chars() {
            if letter.is_control() || turns_the_line(letter) {
                write!(f, "{}", letter.escape_default())?;
            } else {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// `{:?}`, which `unwrap` and a `main` that returns an error print, is the
/// [report](Error::report); `{:#?}` is the structure.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return f.write_str(&self.report());
        }
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("delivery", &self.0.delivery)
            .field("received", &self.0.received)
            .field("service_message", &self.0.service_message)
            .field("job_id", &self.0.job_id)
            .field("parent_job_id", &self.0.parent_job_id)
            .field("tried", &self.0.tried)
            .field("search", &self.0.search)
            .field("source", &self.0.source)
            .finish()
    }
}
