//! Range requests: resuming an interrupted download.
//!
//! Two parts are joined only when a validator of the second response proves that
//! both are of the same version, and when they meet at the same byte.

use http_content_range::ContentRange;
use httpdate::parse_http_date;
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue,
    LAST_MODIFIED,
};

/// The header that identifies the version of an image in a response (RFC 9110, 8.8): a
/// strong `ETag`, or a `Last-Modified` that is older than the response, so that a
/// change in the same second is ruled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validator {
    name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl Validator {
    /// None when the host does not support Range requests, or has no strong
    /// validator.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let is_rejected = text(headers, ACCEPT_RANGES)
            .is_some_and(|ranges| ranges.trim().eq_ignore_ascii_case("none"));
        let date = |name| parse_http_date(text(headers, name)?).ok();
        // With a tag, a date is not used (13.1.5).
        let (name, is_strong) = match headers.get(ETAG) {
            Some(tag) => (ETAG, tag.as_bytes().starts_with(b"\"")),
            None => (LAST_MODIFIED, date(LAST_MODIFIED)? < date(DATE)?),
        };
        let value = headers.get(&name)?.clone();
        (is_strong && !is_rejected).then_some(Self { name, value })
    }

    /// Whether a response is of the same version. One without a validator proves
    /// nothing.
    fn matches(&self, headers: &HeaderMap) -> bool {
        headers.get(&self.name) == Some(&self.value)
    }
}

/// A request for the bytes from `start` to the end.
#[derive(Clone, Debug)]
pub(crate) struct RangeRequest {
    pub(crate) start: u64,
    /// The size of the complete image, if known.
    pub(crate) total: Option<u64>,
    pub(crate) validator: Validator,
}

impl RangeRequest {
    /// Whether a 206 response starts where this request does, and is of the same
    /// version. It may end earlier.
    pub(crate) fn validate_response(&self, range: ReceivedRange, headers: &HeaderMap) -> bool {
        range.first == self.start
            && self.total.is_none_or(|total| {
                range.last < total && range.total.is_none_or(|received| received == total)
            })
            && self.validator.matches(headers)
    }
}

/// The bytes in a 206 response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedRange {
    pub(crate) first: u64,
    last: u64,
    /// The size of the complete image, if known.
    pub(crate) total: Option<u64>,
}

impl ReceivedRange {
    /// None when the headers do not contain it, or contradict each other.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let range = ContentRange::parse_bytes(headers.get(CONTENT_RANGE)?.as_bytes())?;
        let (first, last, total) = match range {
            ContentRange::Bytes(range) => (
                range.first_byte,
                range.last_byte,
                Some(range.complete_length),
            ),
            ContentRange::UnboundBytes(range) => (range.first_byte, range.last_byte, None),
            ContentRange::Unsatisfied(_) => return None,
        };
        let length = last.checked_sub(first)?.checked_add(1)?;
        let is_consistent = !headers.contains_key(CONTENT_LENGTH)
            || text(headers, CONTENT_LENGTH)?.parse() == Ok(length);
        is_consistent.then_some(Self { first, last, total })
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: &str = "Sun, 25 Feb 2024 18:00:00 GMT";
    const LATER: &str = "Sun, 25 Feb 2024 18:00:01 GMT";

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_strong_validators_are_used() {
        let (tag, date) = (Some(tag()), Some(date()));
        let dated = |responded| headers(&[(LAST_MODIFIED, EARLIER), (DATE, responded)]);
        for (headers, validator) in [
            (headers(&[]), None),
            (headers(&[(ETAG, "\"a\"")]), tag.clone()),
            (headers(&[(ETAG, "\"a\""), (ACCEPT_RANGES, "bytes")]), tag),
            (headers(&[(ETAG, "\"a\""), (ACCEPT_RANGES, "None")]), None),
            (headers(&[(ETAG, "W/\"a\"")]), None),
            (dated(LATER), date),
            (dated(EARLIER), None),
            (headers(&[(LAST_MODIFIED, EARLIER)]), None),
            (headers(&[(LAST_MODIFIED, "then"), (DATE, LATER)]), None),
            (
                headers(&[(ETAG, "W/\"a\""), (LAST_MODIFIED, EARLIER), (DATE, LATER)]),
                None,
            ),
        ] {
            assert_eq!(Validator::from_headers(&headers), validator, "{headers:?}");
        }
    }

    fn request(total: Option<u64>, validator: Validator) -> RangeRequest {
        RangeRequest {
            start: 10,
            total,
            validator,
        }
    }

    fn tag() -> Validator {
        Validator {
            name: ETAG,
            value: HeaderValue::from_static("\"a\""),
        }
    }

    fn date() -> Validator {
        Validator {
            name: LAST_MODIFIED,
            value: HeaderValue::from_static(EARLIER),
        }
    }

    fn is_valid(request: &RangeRequest, headers: &HeaderMap) -> bool {
        ReceivedRange::from_headers(headers)
            .is_some_and(|range| request.validate_response(range, headers))
    }

    #[test]
    fn range_must_start_at_the_requested_byte() {
        for (range, known, expected) in [
            ("bytes 10-19/20", Some(20), true),
            ("bytes 10-19/20", None, true),
            ("bytes 10-14/20", Some(20), true),
            ("bytes 10-19/*", Some(20), true),
            ("bytes 10-19/*", None, true),
            ("bytes 10-20/*", Some(20), false),
            ("bytes 10-19/21", Some(20), false),
            ("bytes 9-19/20", Some(20), false),
            ("bytes 0-19/20", Some(20), false),
            ("bytes 11-19/20", Some(20), false),
            ("bytes */20", Some(20), false),
            ("items 10-19/20", Some(20), false),
            ("", Some(20), false),
        ] {
            let headers = headers(&[(CONTENT_RANGE, range), (ETAG, "\"a\"")]);
            let valid = is_valid(&request(known, tag()), &headers);
            assert_eq!(valid, expected, "{range:?} {known:?}");
        }
        for (length, expected) in [("10", true), ("9", false), ("ten", false)] {
            let range = (CONTENT_RANGE, "bytes 10-19/20");
            let headers = headers(&[range, (ETAG, "\"a\""), (CONTENT_LENGTH, length)]);
            let valid = is_valid(&request(None, tag()), &headers);
            assert_eq!(valid, expected, "{length}");
        }
        assert!(!is_valid(&request(None, tag()), &headers(&[])));
    }

    #[test]
    fn parts_are_joined_only_by_a_validator() {
        for (validator, headers_sent, expected) in [
            (tag(), [(ETAG, "\"a\"")].as_slice(), true),
            (tag(), &[(ETAG, "\"b\"")], false),
            (tag(), &[(ETAG, "W/\"a\"")], false),
            (tag(), &[(LAST_MODIFIED, EARLIER)], false),
            (tag(), &[], false),
            (date(), &[(LAST_MODIFIED, EARLIER)], true),
            (date(), &[(LAST_MODIFIED, LATER)], false),
            (date(), &[(ETAG, "\"a\"")], false),
            (date(), &[], false),
        ] {
            let range = (CONTENT_RANGE, "bytes 10-19/20");
            let headers = headers(&[[range].as_slice(), headers_sent].concat());
            let valid = is_valid(&request(Some(20), validator), &headers);
            assert_eq!(valid, expected, "{headers:?}");
        }
    }
}
