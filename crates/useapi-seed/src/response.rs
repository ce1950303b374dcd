//! Interprets a response: a job, its result, or an error.
//!
//! What decides is what the response contains: the HTTP status first, then `seed`,
//! then `status`; never the verb alone.

use useapi_seed_raw::types::{Code, ErrorBody, Job, JobStatus};
use useapi_seed_raw::{self as raw, BodyStatus, RawResponse};

use crate::bad_request::BadRequestReason;
use crate::error::{Error, ErrorKind, RequestStatus};
use crate::json;
use crate::result::{SeedResult, has_own_seed};
use crate::seed_text;
use crate::warning::Warning;

/// A job as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) job: Job,
    pub(crate) response: RawResponse,
    /// What is not of the documented type, or not of the job that was requested.
    pub(crate) warnings: Vec<Warning>,
}

/// What a snapshot means.
pub(crate) enum Interpretation {
    /// Still running.
    InProgress(Box<Snapshot>),
    /// It has its seed.
    Completed(SeedResult),
    /// It reports completion, and has no seed.
    WithoutSeed(Box<Snapshot>),
}

/// The job in a response, or the error that the response is.
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
                warnings: Vec::new(),
            });
        }
        Err(failure) => failure,
    };
    let (kind, response) = failure.into_parts();
    let outcome = match response {
        Some(response) if response.status.is_success() => from_success(kind, response),
        response => Err(bad_status(kind, response)),
    };
    outcome.map_err(|error| error.with_job_id(job_id))
}

/// The error of a call whose success is not a job.
pub(crate) fn failure(failure: raw::Error<ErrorBody>) -> Error {
    let (kind, response) = failure.into_parts();
    match response {
        Some(response) if response.status.is_success() => incomplete_body(kind, response, None),
        response => bad_status(kind, response),
    }
}

fn bad_status(kind: raw::ErrorKind<ErrorBody>, response: Option<RawResponse>) -> Error {
    match (kind, response) {
        (raw::ErrorKind::InvalidRequest(reason), _) => Error::invalid_input("request", reason),
        (raw::ErrorKind::ErrorResponse(body), Some(response)) => {
            from_error_response(*body, response)
        }
        (_, Some(response)) => {
            let body = json::parse(&response.body)
                .ok()
                .and_then(json::read::<ErrorBody>)
                .map(|(body, _)| body)
                .unwrap_or_default();
            from_error_response(body, response)
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

/// A success that the raw layer could not decode, read leniently; also one that
/// was truncated, if the JSON in it is complete.
fn from_success(kind: raw::ErrorKind<ErrorBody>, response: RawResponse) -> Result<Snapshot, Error> {
    match json::read_job(&response.body) {
        Ok((job, paths)) => Ok(Snapshot {
            job,
            response,
            warnings: paths.into_iter().map(Warning::UnexpectedType).collect(),
        }),
        Err(None) => Err(invalid("not a JSON object", response)),
        Err(source) => Err(incomplete_body(kind, response, source)),
    }
}

/// The error of a success whose body cannot be used.
fn incomplete_body(
    kind: raw::ErrorKind<ErrorBody>,
    response: RawResponse,
    parse_error: Option<serde_json::Error>,
) -> Error {
    let reason = match (&kind, response.body_status) {
        (raw::ErrorKind::BodyTooLarge(limit), _) => format!("exceeds {limit} bytes"),
        (_, BodyStatus::Truncated) => format!("truncated after {} bytes", response.body.len()),
        _ if response.body.is_empty() => "empty".to_owned(),
        _ => "not JSON".to_owned(),
    };
    // A submission with a truncated response has started a job all the same.
    let job_id = job_id_in(&String::from_utf8_lossy(&response.body));
    let error = invalid(reason, response).with_job_id(job_id.as_deref());
    match (kind, parse_error) {
        // It does not parse because it was not read to its end.
        (raw::ErrorKind::BodyTooLarge(_), _) => error,
        (raw::ErrorKind::Transport(source), _) => error.with_source(source),
        (raw::ErrorKind::InvalidPayload(source), None) | (_, Some(source)) => {
            error.with_source(source)
        }
        (_, None) => error,
    }
}

/// The first `jobid` in incomplete JSON.
fn job_id_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(r#""jobid""#)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let id = match rest.strip_prefix('"') {
        Some(text) => text.split_once('"')?.0,
        // A number that is followed by something, so that it is complete.
        None => rest.split_once(|c: char| !c.is_ascii_digit())?.0,
    };
    // Ids contain no escapes.
    (!id.is_empty() && !id.contains('\\')).then(|| id.to_owned())
}

fn invalid(reason: impl Into<String>, response: RawResponse) -> Error {
    Error::invalid_response(reason).with_response(response)
}

/// The error of a response that is not a success. What the documentation says of a
/// status holds only for the service's own error.
fn from_error_response(body: ErrorBody, response: RawResponse) -> Error {
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
        .with_response(response)
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
    /// What the job's state is. `requested_id` stands in where the response has no
    /// id.
    pub(crate) fn interpret(mut self, requested_id: Option<&str>) -> Result<Interpretation, Error> {
        let is_another = match (self.job.jobid.as_deref(), requested_id) {
            (Some(id), Some(requested)) => id.trim() != requested.trim(),
            _ => false,
        };
        if let Some(id) = self.job.jobid.clone().filter(|_| is_another) {
            self.warnings.push(Warning::OtherJob(id));
        }
        let text = self.seed_in_text();
        let value = self.job.seed.as_ref().and_then(|seed| seed.value);
        if let Some(found) = value.or(text).filter(|_| !self.awaits_images()) {
            let (warnings, body) = (self.warnings, self.response.body);
            let result = SeedResult::new(found, text, requested_id, &self.job, warnings, body);
            return Ok(Interpretation::Completed(result));
        }
        let is_halted = is_halt_code(self.job.code.as_ref());
        let kind = match &self.job.status {
            Some(JobStatus::Completed) => return Ok(Interpretation::WithoutSeed(Box::new(self))),
            Some(status @ (JobStatus::Failed | JobStatus::Moderated | JobStatus::Cancelled)) => {
                if is_another || self.is_about_nothing() {
                    ErrorKind::InvalidResponse {
                        reason: "does not say that this job has ended".to_owned(),
                    }
                } else if is_halted && *status == JobStatus::Failed {
                    ErrorKind::Halted { job_failed: true }
                } else {
                    ErrorKind::JobFailed {
                        status: status.clone(),
                    }
                }
            }
            None if is_halted => ErrorKind::Halted { job_failed: false },
            None if self.job.error.is_some() => ErrorKind::InvalidResponse {
                reason: "error body with a 2xx status".to_owned(),
            },
            _ => return Ok(Interpretation::InProgress(Box::new(self))),
        };
        Err(self.error(kind, requested_id))
    }

    /// Whether the response has a status and nothing that a job has.
    fn is_about_nothing(&self) -> bool {
        let job = &self.job;
        job.jobid.is_none()
            && job.parent_job_id.is_none()
            && job.verb.is_none()
            && job.error.is_none()
    }

    /// The seed in a message: the seed's own, or that of a completed seed job.
    fn seed_in_text(&self) -> Option<u64> {
        let own = self
            .job
            .seed
            .as_ref()
            .and_then(|seed| seed.content.as_deref());
        // The message of another job is its prompt, which may contain anything.
        let is_seed_job = !has_own_seed(self.job.verb.as_ref());
        let completed = self.job.status == Some(JobStatus::Completed) && is_seed_job;
        let others = self.job.content.as_deref().filter(|_| completed);
        own.and_then(seed_text::seed)
            .or_else(|| others.and_then(seed_text::seed))
    }

    /// Whether the job reports that it runs, and has no images yet.
    fn awaits_images(&self) -> bool {
        let images = self
            .job
            .seed
            .as_ref()
            .and_then(|seed| seed.attachments.as_ref());
        let runs = matches!(
            self.job.status,
            Some(JobStatus::Created | JobStatus::Started | JobStatus::Progress)
        );
        runs && images.is_none_or(Vec::is_empty)
    }

    fn error(self, kind: ErrorKind, requested_id: Option<&str>) -> Error {
        let job = self.job;
        let message = service_message(job.error.as_deref(), job.error_details.as_deref());
        Error::new(kind, RequestStatus::ResponseReceived)
            .with_service_message(message.or(job.content))
            .with_job_id(job.jobid.as_deref().or(requested_id))
            .with_parent_job_id(job.parent_job_id)
            .with_response(self.response)
    }
}
