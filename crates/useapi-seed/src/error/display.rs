//! The one line of an error.

use std::error::Error as _;
use std::fmt::{self, Write};
use std::time::Duration;

use useapi_seed_raw::BodyStatus;
use useapi_seed_raw::types::JobStatus;

use super::class::Class;
use super::{Error, ErrorKind, RequestStatus};
use crate::attempts::Attempts;
use crate::bad_request::BadRequestReason;

/// How much of the service's message is shown.
const SHOWN_CHARACTERS: usize = 300;
/// The duration of a single attempt is shown from here on.
const SHOWN_TIME: Duration = Duration::from_secs(1);

impl Error {
    fn write_headline(&self, f: &mut String) -> fmt::Result {
        match &self.0.kind {
            ErrorKind::InvalidInput { field, reason } => write!(f, "{field} {reason}"),
            ErrorKind::BadRequest(BadRequestReason::Other) => f.write_str("bad request"),
            ErrorKind::BadRequest(reason) => write!(f, "bad request: {reason}"),
            ErrorKind::Unauthorized => f.write_str("the API token is not accepted"),
            ErrorKind::PaymentRequired => {
                f.write_str("the account has no subscription, or it has expired")
            }
            ErrorKind::NotFound => f.write_str("not found"),
            ErrorKind::TooManyJobs { executing } => {
                match executing.len() {
                    0 => f.write_str("too many jobs or requests")?,
                    executing => write!(f, "too many jobs: {executing} executing")?,
                }
                match self.retry_after().filter(|wait| !wait.is_zero()) {
                    Some(wait) => write!(f, "; retry after {} s", wait.as_secs()),
                    None => Ok(()),
                }
            }
            ErrorKind::Halted { .. } => {
                f.write_str("account halted: pending Midjourney moderation message")
            }
            ErrorKind::JobFailed { status } => write!(f, "job {status}"),
            ErrorKind::WaitTimeout {
                status,
                elapsed,
                polls,
            } => {
                let status = status.as_ref().map_or("unknown", JobStatus::as_str);
                let elapsed = elapsed.as_secs_f64();
                write!(
                    f,
                    "timed out: job still running (status {status}) after {elapsed:.1} s and \
                     {polls} polls"
                )
            }
            ErrorKind::UnexpectedStatus => f.write_str("unexpected status"),
            ErrorKind::SeedMissing { .. } => f.write_str("job completed without a seed"),
            ErrorKind::InvalidResponse { reason } => write!(f, "invalid response: {reason}"),
            ErrorKind::Transport => f.write_str("no response"),
            #[cfg(feature = "images")]
            ErrorKind::Image(error) => write!(f, "{error}"),
            #[cfg(feature = "images")]
            ErrorKind::Io => {
                f.write_str("cannot write a file")?;
                match &self.0.image {
                    Some((_, Some(directory))) => write!(f, " in {}", directory.display()),
                    _ => Ok(()),
                }
            }
        }
    }

    /// The HTTP status with the service's message, or else the body's first bytes.
    fn write_response(&self, f: &mut String) -> fmt::Result {
        let Some(response) = &self.0.response else {
            return Ok(());
        };
        let message = self.service_message().map(shortened);
        let is_shown = message.as_ref().is_some_and(|message| f.ends_with(message));
        write!(f, " (HTTP {}", response.status.as_u16())?;
        match message {
            Some(_) if is_shown => {}
            Some(message) => write!(f, ": {message}")?,
            // The body is the job itself, and its status is shown.
            None if matches!(self.0.kind, ErrorKind::JobFailed { .. }) => {}
            None if response.body.is_empty() => f.write_str(", no body")?,
            None => write!(f, ": {}", response.excerpt())?,
        }
        if response.body_status == BodyStatus::Truncated {
            f.write_str(", truncated")?;
        }
        f.write_str(")")
    }

    fn write_attempts(&self, f: &mut String) -> fmt::Result {
        let Attempts {
            count: attempts,
            elapsed,
        } = self.0.attempts;
        let seconds = elapsed.as_secs_f64();
        match &self.0.kind {
            // The headline has them.
            ErrorKind::WaitTimeout { .. } => Ok(()),
            _ if attempts > 1 => write!(f, "; {attempts} attempts in {seconds:.1} s"),
            _ if elapsed >= SHOWN_TIME => write!(f, "; after {seconds:.1} s"),
            _ => Ok(()),
        }
    }

    fn write_line(&self, f: &mut String) -> fmt::Result {
        #[cfg(feature = "images")]
        if let Some((number, _)) = &self.0.image {
            write!(f, "image {number}: ")?;
        }
        self.write_headline(f)?;
        self.write_response(f)?;
        self.write_attempts(f)?;
        match (&self.0.job_id, &self.0.parent_job_id) {
            (Some(job_id), _) => write!(f, "; job {job_id}")?,
            // The service's message, or the search below, often names it.
            (None, Some(parent)) if self.0.search.is_none() && !f.contains(parent.as_str()) => {
                write!(f, "; parent job {parent}")?;
            }
            _ => {}
        }
        match (&self.0.kind, self.0.request_status) {
            // It is obvious, or makes no difference.
            (ErrorKind::InvalidInput { .. }, _) | (_, RequestStatus::ResponseReceived) => {}
            #[cfg(feature = "images")]
            (ErrorKind::Image(_), _) => {}
            (_, RequestStatus::NotSent) => f.write_str("; not sent")?,
            (_, RequestStatus::MayHaveBeenSent) if self.class() != Class::Ambiguous => {}
            (_, RequestStatus::MayHaveBeenSent) => f.write_str("; may have been sent")?,
        }
        let mut source = self.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Layers often repeat the message of the layer below.
            if !f.contains(&cause_text) {
                write!(f, ": {cause_text}")?;
            }
            source = cause.source();
        }
        match &self.0.search {
            Some(search) => write!(f, "; {search}"),
            None => Ok(()),
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

/// Whether a character that is not a control character ends the line or changes
/// its direction.
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.write_line(&mut line)?;
        // The service's text must neither break the line nor control a terminal.
        for character in line.chars() {
            if character.is_control() || is_bidi_control(character) {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}
