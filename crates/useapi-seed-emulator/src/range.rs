//! Range requests (RFC 9110, section 14).

use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};

/// The file with this strong `ETag`, or the requested range of it.
pub(crate) fn respond(method: &Method, headers: &HeaderMap, file: Bytes, tag: &str) -> Response {
    let common = [(ACCEPT_RANGES, "bytes"), (ETAG, tag)];
    let total = file.len();
    match range_of(method, headers, total, tag) {
        RangeSpec::Complete => (common, file).into_response(),
        RangeSpec::Part(range) => {
            let content_range = format!("bytes {}-{}/{total}", range.start(), range.end());
            let part = file.slice(range);
            let status = StatusCode::PARTIAL_CONTENT;
            (status, common, [(CONTENT_RANGE, content_range)], part).into_response()
        }
        RangeSpec::Unsatisfiable => {
            let content_range = format!("bytes */{total}");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            (status, common, [(CONTENT_RANGE, content_range)]).into_response()
        }
    }
}

#[derive(Debug, PartialEq)]
enum RangeSpec {
    Complete,
    Part(RangeInclusive<usize>),
    Unsatisfiable,
}

/// Only a single range of a GET is used, and only if `If-Range` matches. Any other,
/// and an invalid one, may be ignored.
fn range_of(method: &Method, headers: &HeaderMap, total: usize, tag: &str) -> RangeSpec {
    let is_same_version = headers.get(IF_RANGE).is_none_or(|version| version == tag);
    if method != Method::GET || !is_same_version {
        return RangeSpec::Complete;
    }
    let ranges = headers
        .get(RANGE)
        .and_then(|value| parse_range_header(value.to_str().ok()?).ok())
        .filter(|ranges| ranges.len() == 1);
    let Some(ranges) = ranges else {
        return RangeSpec::Complete;
    };
    match ranges.validate(total as u64).as_deref() {
        Ok([range]) => match (
            usize::try_from(*range.start()),
            usize::try_from(*range.end()),
        ) {
            (Ok(start), Ok(end)) => RangeSpec::Part(start..=end),
            _ => RangeSpec::Complete,
        },
        Err(RangeUnsatisfiableError::Unsatisfiable) => RangeSpec::Unsatisfiable,
        _ => RangeSpec::Complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, range: &str, version: Option<&str>) -> RangeSpec {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(version) = version {
            headers.insert(IF_RANGE, version.parse().unwrap());
        }
        range_of(method, &headers, 10, "\"a\"")
    }

    #[test]
    fn single_range_is_returned() {
        for (range, expected) in [
            ("bytes=4-", RangeSpec::Part(4..=9)),
            ("bytes=4-6", RangeSpec::Part(4..=6)),
            ("bytes=4-60", RangeSpec::Part(4..=9)),
            ("bytes=-3", RangeSpec::Part(7..=9)),
            ("bytes=-30", RangeSpec::Part(0..=9)),
            ("bytes=10-", RangeSpec::Unsatisfiable),
            ("bytes=10-12", RangeSpec::Unsatisfiable),
            ("bytes=-0", RangeSpec::Unsatisfiable),
            ("bytes=0-1,3-4", RangeSpec::Complete),
            ("bytes=6-4", RangeSpec::Complete),
            ("items=4-", RangeSpec::Complete),
            ("4-", RangeSpec::Complete),
            ("", RangeSpec::Complete),
        ] {
            assert_eq!(of(&Method::GET, range, None), expected, "{range:?}");
        }
    }

    #[test]
    fn other_version_is_returned_completely() {
        for (version, expected) in [
            ("\"a\"", RangeSpec::Part(4..=9)),
            ("\"b\"", RangeSpec::Complete),
            ("W/\"a\"", RangeSpec::Complete),
            ("Sun, 25 Feb 2024 18:00:00 GMT", RangeSpec::Complete),
        ] {
            let spec = of(&Method::GET, "bytes=4-", Some(version));
            assert_eq!(spec, expected, "{version}");
        }
        assert_eq!(of(&Method::HEAD, "bytes=4-", None), RangeSpec::Complete);
    }
}
