//! Calls of the API: repeated where that is safe, within limits, and shown as
//! spans.

use std::future::Future;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span, field, info_span};
use useapi_seed_raw as raw;

use crate::client::Client;
use crate::error::{Class, Error, RequestStatus};
use crate::retry_policy::{Attempts, Idempotency, RetryPolicy};

/// What is asked of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    RetrieveSeed,
    GetJob,
    ListJobs,
    CancelJob,
    ResetAccount,
}

impl Operation {
    fn method(self) -> &'static str {
        match self {
            Self::RetrieveSeed | Self::ResetAccount => "POST",
            Self::GetJob | Self::ListJobs | Self::CancelJob => "GET",
        }
    }

    /// The path, without what differs from call to call.
    fn template(self) -> &'static str {
        match self {
            Self::RetrieveSeed => "/jobs/seed_async",
            Self::GetJob => "/jobs/",
            Self::ListJobs => "/jobs",
            Self::CancelJob => "/jobs/cancel/",
            Self::ResetAccount => "/account/midjourney/{channel}/reset",
        }
    }

    fn idempotency(self) -> Idempotency {
        match self {
            Self::GetJob | Self::ListJobs => Idempotency::Safe,
            Self::RetrieveSeed | Self::CancelJob | Self::ResetAccount => Idempotency::Unsafe,
        }
    }
}

/// How a call is made.
#[derive(Clone, Debug)]
pub(crate) struct CallOptions {
    pub(crate) retry: RetryPolicy,
    /// How long one request may take.
    pub(crate) request_timeout: Duration,
    /// When the last one has to be over.
    pub(crate) deadline: Option<Instant>,
}

impl CallOptions {
    /// Without repetitions.
    pub(crate) fn once(&self) -> Self {
        Self {
            retry: RetryPolicy::disabled(),
            ..self.clone()
        }
    }

    /// How long a request that begins now may take; nothing when time is up.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.map_or(self.request_timeout, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            left.min(self.request_timeout)
        });
        (!left.is_zero()).then_some(left)
    }

    /// Sleeps, if there is time after it.
    pub(crate) async fn pause(&self, pause: Duration) -> bool {
        let is_over = self.deadline.is_some_and(|deadline| {
            Instant::now()
                .checked_add(pause)
                .is_none_or(|end| end >= deadline)
        });
        if !is_over {
            sleep(pause).await;
        }
        !is_over
    }
}

impl Client {
    /// Makes a call, and repeats it where that is safe. `job` is the job it is
    /// about; what it brings comes with the answer's status.
    pub(crate) async fn call<T, F>(
        &self,
        operation: Operation,
        job: Option<&str>,
        options: &CallOptions,
        send: impl Fn(raw::Client) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<(T, StatusCode), Error>>,
    {
        let begun = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let tried = |attempts| Attempts {
                attempts,
                elapsed: begun.elapsed(),
            };
            let Some(timeout) = options.time_left() else {
                return Err(Error::time_is_up().with_attempts(tried(attempts)));
            };
            let span = self.span(operation, job, attempts);
            let settles_at =
                Instant::now().checked_add(timeout.saturating_add(self.shared.settle_margin));
            let outcome = send(self.shared.raw.with_timeout(timeout))
                .instrument(span.clone())
                .await;
            let error = match outcome {
                Ok((value, status)) => {
                    record(&span, Some(status), RequestStatus::ResponseReceived);
                    return Ok(value);
                }
                Err(error) => error,
            };
            let mut error = error.for_call(operation.idempotency());
            if error.class() == Class::Ambiguous {
                error = error.with_settles_at(settles_at);
            }
            record(&span, error.status(), error.request_status());
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.type_name());
            let tried = tried(attempts);
            let pause = options.retry.pause(&error, tried, fastrand::f64());
            let Some(pause) = pause else {
                return Err(error.with_attempts(tried));
            };
            tracing::debug!(parent: &span, pause = ?pause, "repeated after a pause");
            if !options.pause(pause).await {
                return Err(error.with_attempts(tried));
            }
        }
    }

    /// Named as OpenTelemetry's conventions for HTTP clients have it.
    fn span(&self, operation: Operation, job: Option<&str>, attempt: u32) -> Span {
        let method = operation.method();
        // A submission names the job whose seed it asks for.
        let is_submission = operation == Operation::RetrieveSeed;
        info_span!(
            "useapi_seed.request",
            otel.name = format_args!("{method} {}", operation.template()),
            otel.kind = "client",
            otel.status_code = field::Empty,
            http.request.method = method,
            http.request.resend_count = (attempt > 1).then_some(attempt - 1),
            http.response.status_code = field::Empty,
            server.address = self.shared.server_address,
            server.port = self.shared.server_port,
            url.template = operation.template(),
            error.type = field::Empty,
            useapi.job.id = (!is_submission).then_some(job),
            useapi.parent_job.id = is_submission.then_some(job),
            useapi.attempt = attempt,
            useapi.request_status = field::Empty,
        )
    }
}

fn record(span: &Span, status: Option<StatusCode>, request_status: RequestStatus) {
    span.record("useapi.request_status", request_status.as_str());
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
}
