//! One call of the API: retries, deadline, span.

use std::future::Future;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span, field, info_span};
use useapi_seed_raw::{self as raw, Operation};

use crate::attempts::{Attempts, Idempotency};
use crate::error::class::Class;
use crate::error::{Error, RequestStatus};
use crate::retry_policy::RetryPolicy;

/// Sends requests.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) raw: raw::Client,
    /// Where requests go, as spans name it.
    pub(crate) server_address: String,
    pub(crate) server_port: Option<u16>,
    pub(crate) retry: RetryPolicy,
    pub(crate) request_timeout: Duration,
    pub(crate) settle_margin: Duration,
}

fn idempotency(operation: Operation) -> Idempotency {
    match operation {
        Operation::GetJob | Operation::ListJobs => Idempotency::Safe,
        _ => Idempotency::Unsafe,
    }
}

/// The limits of a call.
#[derive(Clone, Debug)]
pub(crate) struct CallOptions {
    pub(crate) retry: RetryPolicy,
    /// How long one request may take.
    pub(crate) request_timeout: Duration,
    /// When the last one must be over.
    pub(crate) deadline: Option<Instant>,
    /// How often the request was sent by earlier calls.
    pub(crate) attempts_before: u32,
}

impl CallOptions {
    pub(crate) fn without_retry(&self) -> Self {
        Self {
            retry: RetryPolicy::disabled(),
            ..self.clone()
        }
    }

    /// How long a request that starts now may take; none when the deadline is over.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.map_or(self.request_timeout, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            left.min(self.request_timeout)
        });
        (!left.is_zero()).then_some(left)
    }

    /// Whether a pause ends before the deadline.
    pub(crate) fn allows(&self, pause: Duration) -> bool {
        self.deadline.is_none_or(|deadline| {
            let end = Instant::now().checked_add(pause);
            end.is_some_and(|end| end < deadline)
        })
    }
}

impl Transport {
    /// The client's own limits.
    pub(crate) fn options(&self) -> CallOptions {
        CallOptions {
            retry: self.retry.clone(),
            request_timeout: self.request_timeout,
            deadline: None,
            attempts_before: 0,
        }
    }

    /// Sends a request, and retries it where that is safe. `job_id` is the job that
    /// the request is about; `send` returns its value with the HTTP status.
    pub(crate) async fn call<T, F>(
        &self,
        operation: Operation,
        job_id: Option<&str>,
        options: &CallOptions,
        send: impl Fn(raw::Client) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<(T, StatusCode), Error>>,
    {
        let started = Instant::now();
        let mut count = 0;
        loop {
            count += 1;
            let attempts = |count| Attempts {
                count,
                elapsed: started.elapsed(),
            };
            let Some(timeout) = options.time_left() else {
                return Err(Error::time_is_up().with_attempts(attempts(count)));
            };
            let span = self.span(operation, job_id, options.attempts_before + count);
            let settles_at = Instant::now().checked_add(timeout.saturating_add(self.settle_margin));
            let outcome = send(self.raw.with_timeout(timeout))
                .instrument(span.clone())
                .await;
            let error = match outcome {
                Ok((value, status)) => {
                    record(&span, Some(status), RequestStatus::ResponseReceived);
                    return Ok(value);
                }
                Err(error) => error,
            };
            let mut error = error.for_call(idempotency(operation));
            if error.class() == Class::Ambiguous {
                error = error.with_settles_at(settles_at);
            }
            record(&span, error.status(), error.request_status());
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.type_name());
            let error = error.with_attempts(attempts(count));
            let backoff = options
                .retry
                .backoff(&error, attempts(count), fastrand::f64());
            let Some(backoff) = backoff.filter(|backoff| options.allows(*backoff)) else {
                return Err(error);
            };
            tracing::debug!(parent: &span, ?backoff, "retried after a backoff");
            sleep(backoff).await;
        }
    }

    /// Named as OpenTelemetry's conventions for HTTP clients have it.
    fn span(&self, operation: Operation, job_id: Option<&str>, attempt: u32) -> Span {
        let (method, path) = (operation.method(), operation.path());
        // A submission names the job whose seed it retrieves.
        let is_submission = operation == Operation::RetrieveSeed;
        info_span!(
            "useapi_seed.request",
            otel.name = format_args!("{method} {path}"),
            otel.kind = "client",
            otel.status_code = field::Empty,
            http.request.method = method,
            http.request.resend_count = (attempt > 1).then_some(attempt - 1),
            http.response.status_code = field::Empty,
            server.address = self.server_address,
            server.port = self.server_port,
            url.template = path,
            error.type = field::Empty,
            useapi.job.id = (!is_submission).then_some(job_id),
            useapi.parent_job.id = is_submission.then_some(job_id),
            useapi.attempt = attempt,
            useapi.request.status = field::Empty,
        )
    }
}

fn record(span: &Span, status: Option<StatusCode>, request_status: RequestStatus) {
    span.record("useapi.request.status", request_status.as_str());
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
}
