//! What a failed call means for what may be done next: the one place that
//! decides whether it may be retried, polled again, searched for or submitted
//! again.

use super::{Error, ErrorKind, RequestStatus};
use crate::retry_policy::Idempotency;

/// What became of a call, as far as a caller has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing was carried out, and the same call may succeed later.
    NotProcessed,
    /// It may have been carried out. Never repeated blindly.
    Ambiguous,
    /// A read that may succeed later.
    Transient,
    /// The same call fails again, until something is changed.
    Permanent,
}

impl Class {
    /// Whether the same call again can do no harm, and may succeed.
    pub(crate) fn may_be_retried(self) -> bool {
        matches!(self, Self::NotProcessed | Self::Transient)
    }
}

impl Error {
    /// The only interpretation of an error that decisions derive from.
    pub(crate) fn class(&self) -> Class {
        let unclear = match self.0.idempotency {
            Idempotency::Safe => Class::Transient,
            Idempotency::Unsafe => Class::Ambiguous,
        };
        match self.0.kind {
            ErrorKind::TooManyJobs { .. } => Class::NotProcessed,
            ErrorKind::Transport if self.0.request_status == RequestStatus::NotSent => {
                Class::NotProcessed
            }
            ErrorKind::Transport | ErrorKind::InvalidResponse { .. } => unclear,
            // A rejection that only the service itself can have made. What times out,
            // or fails, does not know what became of the request.
            ErrorKind::UnexpectedStatus => match self.status().map(|status| status.as_u16()) {
                Some(408 | 425 | 499) => unclear,
                Some(400..500) if self.0.is_from_service => Class::Permanent,
                _ => unclear,
            },
            _ => Class::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use useapi_seed_raw::types::JobStatus;
    use useapi_seed_raw::{BodyStatus, RawResponse};

    use super::*;
    use crate::bad_request::BadRequestReason;

    fn responded(kind: ErrorKind, status: u16, is_from_service: bool) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let response = RawResponse::new(status, HeaderMap::new(), "".into(), BodyStatus::Complete);
        Error::new(kind, RequestStatus::ResponseReceived)
            .with_response(Some(response))
            .with_is_from_service(is_from_service)
    }

    /// Each failure once: what it means for a read, and for a submission.
    #[test]
    fn every_failure_has_one_class() {
        use Class::{Ambiguous, NotProcessed, Permanent, Transient};

        let lost = |request_status| Error::new(ErrorKind::Transport, request_status);
        let of_gateway = |status| responded(ErrorKind::UnexpectedStatus, status, false);
        let of_service = |status| responded(ErrorKind::UnexpectedStatus, status, true);
        let own = |kind, status| responded(kind, status, true);
        let executing = Vec::new();
        let status = JobStatus::Failed;
        let mut cases = vec![
            (lost(RequestStatus::NotSent), NotProcessed, NotProcessed),
            (lost(RequestStatus::MayHaveBeenSent), Transient, Ambiguous),
            (Error::invalid_response("is empty"), Transient, Ambiguous),
            (
                Error::invalid_input("jobid", "is blank"),
                Permanent,
                Permanent,
            ),
            (
                own(ErrorKind::TooManyJobs { executing }, 429),
                NotProcessed,
                NotProcessed,
            ),
            (
                own(ErrorKind::BadRequest(BadRequestReason::Other), 400),
                Permanent,
                Permanent,
            ),
            (own(ErrorKind::Unauthorized, 401), Permanent, Permanent),
            (own(ErrorKind::PaymentRequired, 402), Permanent, Permanent),
            (own(ErrorKind::NotFound, 404), Permanent, Permanent),
            (
                own(ErrorKind::Halted { job_failed: false }, 596),
                Permanent,
                Permanent,
            ),
            (
                own(ErrorKind::JobFailed { status }, 200),
                Permanent,
                Permanent,
            ),
            (of_service(403), Permanent, Permanent),
            (of_service(409), Permanent, Permanent),
            (of_service(408), Transient, Ambiguous),
            (of_service(425), Transient, Ambiguous),
            (of_service(499), Transient, Ambiguous),
            (of_service(500), Transient, Ambiguous),
            (of_service(503), Transient, Ambiguous),
        ];
        // Whatever something in between says, it does not speak for the service.
        for status in [
            301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 408, 409, 413, 425, 429, 499,
            500, 502, 503, 504, 520, 524, 598, 999,
        ] {
            cases.push((of_gateway(status), Transient, Ambiguous));
        }
        for (error, read, submission) in cases {
            let error = error.for_call(Idempotency::Safe);
            assert_eq!(error.class(), read, "{error}");
            let error = error.for_call(Idempotency::Unsafe);
            assert_eq!(error.class(), submission, "{error}");
        }
    }
}
