//! From what was response to what it means: a job, or an error.
//!
//! The one place that decides what an answer is. It goes by what is there, the
//! HTTP status first, then `seed`, then `status`; never by the verb alone.

use useapi_seed_raw::types::{Code, ErrorBody, Job, JobStatus, Verb};
use useapi_seed_raw::{self as raw, BodyStatus, RawResponse};

use crate::bad_request::BadRequestReason;
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::json;
use crate::result::SeedResult;
use crate::seed_text;
use crate::seed_value;
use crate::warning::Warning;

/// A job as it was response.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) job: Job,
    pub(crate) response: RawResponse,
    /// What did not fit the description.
    pub(crate) type_errors: Vec<Warning>,
}

/// What a snapshot means.
pub(crate) enum Interpretation {
    /// Ask again.
    InProgress(Box<Snapshot>),
    /// The seed is there.
    Completed(SeedResult),
    /// The job says that it has completed, and holds no seed.
    WithoutSeed(Box<Snapshot>),
}

/// The job in an answer, or the error that the answer is.
pub(crate) fn snapshot(
    outcome: Result<raw::Response<Job>, raw::Error<ErrorBody>>,
    job_id: Option<&str>,
) -> Result<Snapshot, Error> {
    let failure = match outcome {
        Ok(answer) => {
            let (job, response) = answer.into_parts();
            return Ok(Snapshot {
                job: json::without_empty(job),
                response,
                type_errors: Vec::new(),
            });
        }
        Err(failure) => failure,
    };
    let (kind, response) = failure.into_parts();
    let outcome = match response {
        Some(response) if response.status.is_success() => success(kind, response),
        response => Err(not_a_success(kind, response)),
    };
    outcome.map_err(|error| error.with_job_id(job_id))
}

/// The error that a failed call is, where there is nothing to read leniently.
pub(crate) fn failure(failure: raw::Error<ErrorBody>) -> Error {
    let (kind, response) = failure.into_parts();
    match response {
        Some(response) if response.status.is_success() => torn(kind, response, None),
        response => not_a_success(kind, response),
    }
}

fn not_a_success(kind: raw::ErrorKind<ErrorBody>, response: Option<RawResponse>) -> Error {
    match (kind, response) {
        (raw::ErrorKind::InvalidRequest(reason), _) => Error::invalid_input("request", reason),
        (raw::ErrorKind::ErrorResponse(body), Some(response)) => refusal(*body, response),
        (_, Some(response)) => {
            let body = json::parse(&response.body)
                .ok()
                .and_then(json::read::<ErrorBody>)
                .map(|(body, _)| body)
                .unwrap_or_default();
            refusal(body, response)
        }
        (raw::ErrorKind::Transport(source), None) => {
            let request_status = if source.is_connect() {
                RequestStatus::NotSent
            } else {
                RequestStatus::MayHaveBeenSent
            };
            Error::new(ErrorKind::Transport, request_status).with_source(source)
        }
        (_, None) => Error::new(ErrorKind::Transport, RequestStatus::MayHaveBeenSent),
    }
}

/// A success that the raw layer could not decode, read leniently: also one that
/// was truncated, if the JSON in it is complete.
fn success(kind: raw::ErrorKind<ErrorBody>, response: RawResponse) -> Result<Snapshot, Error> {
    let error = match json::parse(&response.body) {
        Ok(mut value) => {
            let is_reshaped = value.get_mut("seed").is_some_and(seed_value::normalize);
            let number = value
                .pointer("/seed/value")
                .and_then(seed_value::whole_number);
            let Some((mut job, type_errors)) = json::read::<Job>(value) else {
                return Err(invalid_response("is no JSON object", response));
            };
            if let Some(seed) = &mut job.seed {
                seed.value = seed.value.or(number);
            }
            let reshaped = is_reshaped.then(|| "seed".to_owned());
            let type_errors = reshaped.into_iter().chain(type_errors);
            return Ok(Snapshot {
                job: json::without_empty(job),
                response,
                type_errors: type_errors.map(Warning::UnexpectedType).collect(),
            });
        }
        Err(error) => error,
    };
    Err(torn(kind, response, Some(error)))
}

/// The error that a success is whose body is of no use.
fn torn(
    kind: raw::ErrorKind<ErrorBody>,
    response: RawResponse,
    parse_error: Option<serde_json::Error>,
) -> Error {
    let reason = match (&kind, response.body_status) {
        (raw::ErrorKind::BodyTooLarge(limit), _) => format!("is over {limit} bytes"),
        (_, BodyStatus::Truncated) => format!("was cut short after {} bytes", response.body.len()),
        _ if response.body.is_empty() => "is empty".to_owned(),
        _ => "is no JSON".to_owned(),
    };
    // A submission whose answer is torn has started a job all the same.
    let job_id = job_id_in(&String::from_utf8_lossy(&response.body));
    let error = invalid_response(reason, response).with_job_id(job_id.as_deref());
    match (kind, parse_error) {
        // Where the reading ended is where it was ended.
        (raw::ErrorKind::BodyTooLarge(_), _) => error,
        (raw::ErrorKind::Transport(source), _) => error.with_source(source),
        (raw::ErrorKind::InvalidPayload(source), None) | (_, Some(source)) => {
            error.with_source(source)
        }
        (_, None) => error,
    }
}

/// The first `jobid` in a piece of JSON.
fn job_id_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(r#""jobid""#)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let id = match rest.strip_prefix('"') {
        Some(text) => text.split_once('"')?.0,
        // A number that is followed by something, so that it is complete.
        None => rest.split_once(|c: char| !c.is_ascii_digit())?.0,
    };
    // An escape would need more reading; ids have none.
    (!id.is_empty() && !id.contains('\\')).then(|| id.to_owned())
}

fn invalid_response(reason: impl Into<String>, response: RawResponse) -> Error {
    Error::invalid_response(reason).with_response(Some(response))
}

/// The error that an answer with another status than success is. What the
/// documentation says of a status holds only for the service's own error.
fn refusal(body: ErrorBody, response: RawResponse) -> Error {
    let status = response.status.as_u16();
    let has_error = body
        .error
        .as_deref()
        .is_some_and(|error| !error.trim().is_empty());
    let is_halted = is_halt_code(body.code.as_ref()) || matches!(status, 596 | 569) && has_error;
    let is_from_service =
        is_halted || has_error && code(body.code.as_ref()) == Some(i64::from(status));
    let message = service_message(body.error.as_deref(), body.error_details.as_deref());
    let halted = ErrorKind::Halted {
        job_failed: body.status == Some(JobStatus::Failed),
    };
    let kind = match status {
        _ if is_halted => halted,
        _ if !is_from_service => ErrorKind::UnexpectedStatus,
        400 => ErrorKind::BadRequest(BadRequestReason::from_message(
            body.error.as_deref().unwrap_or(""),
        )),
        401 => ErrorKind::Unauthorized,
        402 => ErrorKind::PaymentRequired,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::TooManyJobs {
            executing: body.executing_jobs.unwrap_or_default(),
        },
        _ => ErrorKind::UnexpectedStatus,
    };
    let id = |id: Option<String>| id.filter(|id| !id.trim().is_empty());
    Error::new(kind, RequestStatus::ResponseReceived)
        .with_is_from_service(is_from_service)
        .with_service_message(message)
        .with_response(Some(response))
        .with_job_id(id(body.jobid).as_deref())
        .with_parent_job_id(id(body.parent_job_id))
}

/// Whether a body's code says that the account is halted, whatever the HTTP
/// status.
fn is_halt_code(body: Option<&Code>) -> bool {
    matches!(code(body), Some(596 | 569))
}

/// A body's code, which may also come as text.
fn code(code: Option<&Code>) -> Option<i64> {
    match code? {
        Code::Int64(number) => Some(*number),
        Code::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn service_message(error: Option<&str>, details: Option<&str>) -> Option<String> {
    let parts: Vec<_> = [error, details]
        .into_iter()
        .flatten()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

impl Snapshot {
    /// What the job says of itself.
    ///
    /// `asked` is the id that the caller asked for, and stands in where the
    /// answer has none.
    pub(crate) fn interpret(mut self, asked: Option<&str>) -> Result<Interpretation, Error> {
        let is_another = match (self.job.jobid.as_deref(), asked) {
            (Some(id), Some(asked)) => id.trim() != asked.trim(),
            _ => false,
        };
        if let Some(id) = self.job.jobid.clone().filter(|_| is_another) {
            self.type_errors.push(Warning::OtherJob(id));
        }
        let text = self.seed_in_text();
        let value = self.job.seed.as_ref().and_then(|seed| seed.value);
        if let Some(found) = value.or(text).filter(|_| !self.awaits_images()) {
            let id = self.job.jobid.as_deref().or(asked).unwrap_or_default();
            let result = SeedResult::new(id.to_owned(), found, text, self);
            return Ok(Interpretation::Completed(result));
        }
        let is_halted = is_halt_code(self.job.code.as_ref());
        let kind = match &self.job.status {
            Some(JobStatus::Completed) => return Ok(Interpretation::WithoutSeed(Box::new(self))),
            Some(JobStatus::Failed | JobStatus::Moderated | JobStatus::Cancelled)
                if is_another || self.is_about_nothing() =>
            {
                ErrorKind::InvalidResponse {
                    reason: "does not say that this job has ended".to_owned(),
                }
            }
            Some(JobStatus::Failed) if is_halted => ErrorKind::Halted { job_failed: true },
            Some(status @ (JobStatus::Failed | JobStatus::Moderated | JobStatus::Cancelled)) => {
                ErrorKind::JobFailed {
                    status: status.clone(),
                }
            }
            None if is_halted => ErrorKind::Halted { job_failed: false },
            None if self.job.error.is_some() => ErrorKind::InvalidResponse {
                reason: "is an error under a status of success".to_owned(),
            },
            _ => return Ok(Interpretation::InProgress(Box::new(self))),
        };
        Err(self.error(kind, asked))
    }

    /// Whether the response has a status and nothing that a job has.
    fn is_about_nothing(&self) -> bool {
        let job = &self.job;
        job.jobid.is_none()
            && job.parent_job_id.is_none()
            && job.verb.is_none()
            && job.error.is_none()
    }

    /// The seed that stands in a message: the seed's own, or that of a job that
    /// has completed.
    fn seed_in_text(&self) -> Option<u64> {
        let own = self
            .job
            .seed
            .as_ref()
            .and_then(|seed| seed.content.as_deref());
        // That of another job is its prompt, which may say anything.
        let is_seed_job = !matches!(
            self.job.verb,
            Some(Verb::Imagine | Verb::Button | Verb::Blend)
        );
        let completed = self.job.status == Some(JobStatus::Completed) && is_seed_job;
        let others = self.job.content.as_deref().filter(|_| completed);
        own.and_then(seed_text::seed)
            .or_else(|| others.and_then(seed_text::seed))
    }

    /// Whether the job says that it runs, and has no pictures yet.
    fn awaits_images(&self) -> bool {
        let pictures = self
            .job
            .seed
            .as_ref()
            .and_then(|seed| seed.attachments.as_ref());
        let runs = matches!(
            self.job.status,
            Some(JobStatus::Created | JobStatus::Started | JobStatus::Progress)
        );
        runs && pictures.is_none_or(Vec::is_empty)
    }

    fn error(self, kind: ErrorKind, asked: Option<&str>) -> Error {
        let job = self.job;
        let message = service_message(job.error.as_deref(), job.error_details.as_deref());
        Error::new(kind, RequestStatus::ResponseReceived)
            .with_service_message(message.or(job.content))
            .with_job_id(job.jobid.as_deref().or(asked))
            .with_parent_job_id(job.parent_job_id)
            .with_response(Some(self.response))
    }
}
