//! The one classification of failures: whether a call may be retried, polled
//! again, searched for or submitted again.

use super::{Error, ErrorKind, RequestStatus};
use crate::attempts::Idempotency;

/// What a failure means for the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Rejected before processing; the same call may succeed later.
    NotProcessed,
    /// The request may have been processed. It is never retried blindly.
    Ambiguous,
    /// A read, a wait or a download that may succeed later.
    Transient,
    /// The same call fails again until something is changed.
    Permanent,
}

impl Class {
    /// Whether the same call is harmless, and may succeed.
    pub(crate) fn may_be_retried(self) -> bool {
        matches!(self, Self::NotProcessed | Self::Transient)
    }
}

impl Error {
    /// What an unclear failure means depends on what the call would have changed.
    pub(crate) fn for_call(mut self, idempotency: Idempotency) -> Self {
        self.0.idempotency = idempotency;
        if self.class() == Class::Ambiguous {
            self.0.request_status = RequestStatus::MayHaveBeenSent;
        }
        self
    }

    pub(crate) fn class(&self) -> Class {
        let unclear = match self.0.idempotency {
            Idempotency::Safe => Class::Transient,
            Idempotency::Unsafe => Class::Ambiguous,
        };
        match &self.0.kind {
            ErrorKind::TooManyJobs { .. } => Class::NotProcessed,
            ErrorKind::Transport if self.0.request_status == RequestStatus::NotSent => {
                Class::NotProcessed
            }
            ErrorKind::Transport | ErrorKind::InvalidResponse { .. } => unclear,
            // Only a rejection by the service itself is certain. A timeout or a
            // server error does not say whether the request was processed.
            ErrorKind::UnexpectedStatus => match self.status().map(|status| status.as_u16()) {
                Some(408 | 425 | 499) => unclear,
                Some(400..500) if self.0.is_from_service => Class::Permanent,
                _ => unclear,
            },
            ErrorKind::WaitTimeout { .. } => Class::Transient,
            #[cfg(feature = "images")]
            ErrorKind::Image(error) if error.is_transient() => Class::Transient,
            _ => Class::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
            .with_response(response)
            .with_is_from_service(is_from_service)
    }

    /// Each failure once: what it means for a read, and for a submission.
    #[test]
    fn every_failure_has_one_class() {
        use Class::{Ambiguous, NotProcessed, Permanent, Transient};

        let lost = |request_status| Error::new(ErrorKind::Transport, request_status);
        let too_many = ErrorKind::TooManyJobs {
            executing: Vec::new(),
        };
        let wait_timeout = ErrorKind::WaitTimeout {
            status: None,
            elapsed: Duration::ZERO,
            polls: 1,
        };
        let mut cases = vec![
            (lost(RequestStatus::NotSent), NotProcessed, NotProcessed),
            (lost(RequestStatus::MayHaveBeenSent), Transient, Ambiguous),
            (Error::invalid_response("is empty"), Transient, Ambiguous),
            (responded(too_many, 429, true), NotProcessed, NotProcessed),
            (responded(wait_timeout, 200, false), Transient, Transient),
        ];
        let input = Error::invalid_input("jobid", "is blank");
        cases.push((input, Permanent, Permanent));
        let bad_request = ErrorKind::BadRequest(BadRequestReason::Other);
        let failed = ErrorKind::JobFailed {
            status: JobStatus::Failed,
        };
        for (kind, status) in [
            (bad_request, 400),
            (ErrorKind::Unauthorized, 401),
            (ErrorKind::PaymentRequired, 402),
            (ErrorKind::UnexpectedStatus, 403),
            (ErrorKind::NotFound, 404),
            (ErrorKind::UnexpectedStatus, 409),
            (ErrorKind::Halted { job_failed: false }, 596),
            (ErrorKind::Halted { job_failed: true }, 596),
            (failed, 200),
            (ErrorKind::SeedMissing { verb: None }, 200),
        ] {
            cases.push((responded(kind, status, true), Permanent, Permanent));
        }
        for status in [408, 425, 499, 500, 503] {
            let error = responded(ErrorKind::UnexpectedStatus, status, true);
            cases.push((error, Transient, Ambiguous));
        }
        // A gateway or proxy does not speak for the service.
        for status in [
            301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 408, 409, 413, 425, 429, 499,
            500, 502, 503, 504, 520, 524, 598, 999,
        ] {
            let error = responded(ErrorKind::UnexpectedStatus, status, false);
            cases.push((error, Transient, Ambiguous));
        }
        #[cfg(feature = "images")]
        cases.extend(image_cases());
        for (error, read, submission) in cases {
            let error = error.for_call(Idempotency::Safe);
            assert_eq!(error.class(), read, "{error}");
            let error = error.for_call(Idempotency::Unsafe);
            assert_eq!(error.class(), submission, "{error}");
        }
        let classes = [NotProcessed, Transient, Ambiguous, Permanent];
        let retried = classes.map(Class::may_be_retried);
        assert_eq!(retried, [true, true, false, false]);
    }

    #[cfg(feature = "images")]
    fn image_cases() -> Vec<(Error, Class, Class)> {
        use useapi_seed_images::ImageError;

        let case = |class| {
            move |reason: ImageError| {
                let error = Error::new(ErrorKind::Image(reason), RequestStatus::ResponseReceived);
                (error, class, class)
            }
        };
        let stored = Error::new(ErrorKind::Io, RequestStatus::ResponseReceived);
        let mut cases = vec![(stored, Class::Permanent, Class::Permanent)];
        // Those with a status are in a table of the images' crate.
        let transient = [
            ImageError::Unreachable,
            ImageError::Interrupted(1),
            ImageError::Truncated(1),
            ImageError::Timeout(1),
            ImageError::NotAnImage(String::new()),
        ];
        cases.extend(transient.map(case(Class::Transient)));
        let permanent = [
            ImageError::MissingUrl,
            ImageError::InvalidUrl(String::new()),
            ImageError::TooLarge(1),
        ];
        cases.extend(permanent.map(case(Class::Permanent)));
        cases
    }
}
