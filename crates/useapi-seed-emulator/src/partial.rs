//! A part of a file, for whoever has the rest (RFC 9110, 14).

use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};

/// The file whose strong tag is `tag`, or what the request wants of it.
pub(crate) fn answer(method: &Method, headers: &HeaderMap, file: Bytes, tag: &str) -> Response {
    let common = [(ACCEPT_RANGES, "bytes"), (ETAG, tag)];
    let total = file.len();
    match wanted(method, headers, total, tag) {
        Wanted::Whole => (common, file).into_response(),
        Wanted::Part(range) => {
            let place = format!("bytes {}-{}/{total}", range.start(), range.end());
            let part = file.slice(range);
            let status = StatusCode::PARTIAL_CONTENT;
            (status, common, [(CONTENT_RANGE, place)], part).into_response()
        }
        Wanted::Nothing => {
            let place = format!("bytes */{total}");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            (status, common, [(CONTENT_RANGE, place)]).into_response()
        }
    }
}

#[derive(Debug, PartialEq)]
enum Wanted {
    Whole,
    Part(RangeInclusive<usize>),
    /// What the file has not.
    Nothing,
}

/// Ranges are for GET, of the version that the caller knows, one at a time; any
/// other may be passed over, and so may what is no range.
fn wanted(method: &Method, headers: &HeaderMap, total: usize, tag: &str) -> Wanted {
    let is_this_version = headers.get(IF_RANGE).is_none_or(|version| version == tag);
    if method != Method::GET || !is_this_version {
        return Wanted::Whole;
    }
    let ranges = headers
        .get(RANGE)
        .and_then(|value| parse_range_header(value.to_str().ok()?).ok())
        .filter(|ranges| ranges.len() == 1);
    let Some(ranges) = ranges else {
        return Wanted::Whole;
    };
    match ranges.validate(total as u64).as_deref() {
        Ok([range]) => match (
            usize::try_from(*range.start()),
            usize::try_from(*range.end()),
        ) {
            (Ok(start), Ok(end)) => Wanted::Part(start..=end),
            _ => Wanted::Whole,
        },
        Err(RangeUnsatisfiableError::Unsatisfiable) => Wanted::Nothing,
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, range: &str, version: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(version) = version {
            headers.insert(IF_RANGE, version.parse().unwrap());
        }
        wanted(method, &headers, 10, "\"a\"")
    }

    #[test]
    fn one_part_is_given_or_all() {
        for (range, expected) in [
            ("bytes=4-", Wanted::Part(4..=9)),
            ("bytes=4-6", Wanted::Part(4..=6)),
            ("bytes=4-60", Wanted::Part(4..=9)),
            ("bytes=-3", Wanted::Part(7..=9)),
            ("bytes=-30", Wanted::Part(0..=9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=6-4", Wanted::Whole),
            ("items=4-", Wanted::Whole),
            ("4-", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(of(&Method::GET, range, None), expected, "{range:?}");
        }
    }

    #[test]
    fn another_version_is_given_whole() {
        for (version, expected) in [
            ("\"a\"", Wanted::Part(4..=9)),
            ("\"b\"", Wanted::Whole),
            ("W/\"a\"", Wanted::Whole),
            ("Sun, 25 Feb 2024 18:00:00 GMT", Wanted::Whole),
        ] {
            let given = of(&Method::GET, "bytes=4-", Some(version));
            assert_eq!(given, expected, "{version}");
        }
        assert_eq!(of(&Method::HEAD, "bytes=4-", None), Wanted::Whole);
    }
}
