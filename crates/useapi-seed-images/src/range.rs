//! The rest of an image whose beginning has come.
//!
//! Two halves make a whole only when they are of the same version, and meet at
//! the same byte, and a validator of the second one proves the former.

use http_content_range::{ContentRange, ContentRangeBytes, ContentRangeUnbound};
use httpdate::parse_http_date;
use reqwest::header::{
    ACCEPT_RANGES, AsHeaderName, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderValue,
    LAST_MODIFIED,
};

/// Which version of an image an answer has, by a mark that another version
/// cannot have (RFC 9110, 8.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// A strong `ETag`.
    Tag(HeaderValue),
    /// A `Last-Modified` that is surely not of the same second as a change.
    Date(HeaderValue),
}

impl Version {
    /// None when the host cannot go on with it: it says so, or has no such mark.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let is_refused = text(headers, ACCEPT_RANGES)
            .is_some_and(|ranges| ranges.trim().eq_ignore_ascii_case("none"));
        if is_refused {
            return None;
        }
        // Where there is a tag, a date does not stand in for it (13.1.5).
        if let Some(tag) = headers.get(ETAG) {
            let is_strong = tag.as_bytes().starts_with(b"\"");
            return is_strong.then(|| Self::Tag(tag.clone()));
        }
        let modified = parse_http_date(text(headers, LAST_MODIFIED)?).ok()?;
        let answered = parse_http_date(text(headers, DATE)?).ok()?;
        (modified < answered).then(|| headers.get(LAST_MODIFIED).cloned().map(Self::Date))?
    }

    fn value(&self) -> &HeaderValue {
        match self {
            Self::Tag(value) | Self::Date(value) => value,
        }
    }

    /// Whether an answer proves to be of this version. One without a validator
    /// proves nothing.
    fn is_of(&self, headers: &HeaderMap) -> bool {
        let name = match self {
            Self::Tag(_) => ETAG,
            Self::Date(_) => LAST_MODIFIED,
        };
        headers.get(name) == Some(self.value())
    }
}

/// What is asked for: all from some byte on, of the version that came before.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    pub(super) start: u64,
    /// The whole image's size, where it is known.
    pub(super) total: Option<u64>,
    pub(super) version: Version,
}

impl Rest {
    /// The value of `Range`.
    pub(super) fn range(&self) -> String {
        format!("bytes={}-", self.start)
    }

    /// The value of `If-Range`.
    pub(super) fn version(&self) -> HeaderValue {
        self.version.value().clone()
    }

    /// Whether a 206 brings just that, or a beginning of it.
    pub(super) fn is_continued(&self, range: ReceivedRange, headers: &HeaderMap) -> bool {
        range.first == self.start
            && range
                .total
                .zip(self.total)
                .is_none_or(|(said, known)| said == known)
            && self.total.is_none_or(|total| range.last < total)
            && self.version.is_of(headers)
    }
}

/// The bytes that a 206 brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReceivedRange {
    pub(super) first: u64,
    last: u64,
    /// The complete image's size, where it is known.
    pub(super) total: Option<u64>,
}

impl ReceivedRange {
    /// None when the headers do not say it, or contradict each other.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let range = ContentRange::parse_bytes(headers.get(CONTENT_RANGE)?.as_bytes())?;
        let (first, last, total) = match range {
            ContentRange::Bytes(ContentRangeBytes {
                first_byte,
                last_byte,
                complete_length,
            }) => (first_byte, last_byte, Some(complete_length)),
            ContentRange::UnboundBytes(ContentRangeUnbound {
                first_byte,
                last_byte,
            }) => (first_byte, last_byte, None),
            ContentRange::Unsatisfied(_) => return None,
        };
        let less = last.checked_sub(first)?;
        is_length(headers, less).then_some(Self { first, last, total })
    }
}

/// Whether the body has one byte more than `less`, as far as the host says.
fn is_length(headers: &HeaderMap, less: u64) -> bool {
    headers.get(CONTENT_LENGTH).is_none_or(|length| {
        let length = length.to_str().ok().and_then(|text| text.parse().ok());
        length == less.checked_add(1)
    })
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

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
    fn only_a_strong_mark_tells_versions_apart() {
        let tag = Some(Version::Tag(HeaderValue::from_static("\"a\"")));
        let date = Some(Version::Date(HeaderValue::from_static(EARLIER)));
        let dated = |answered| headers(&[(LAST_MODIFIED, EARLIER), (DATE, answered)]);
        for (headers, version) in [
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
            assert_eq!(Version::of(&headers), version, "{headers:?}");
        }
    }

    fn rest(total: Option<u64>, version: Version) -> Rest {
        Rest {
            start: 10,
            total,
            version,
        }
    }

    fn tag() -> Version {
        Version::Tag(HeaderValue::from_static("\"a\""))
    }

    fn is_continued(rest: &Rest, headers: &HeaderMap) -> bool {
        ReceivedRange::of(headers).is_some_and(|range| rest.is_continued(range, headers))
    }

    #[test]
    fn a_part_is_taken_only_where_it_belongs() {
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
            let continued = is_continued(&rest(known, tag()), &headers);
            assert_eq!(continued, expected, "{range:?} {known:?}");
        }
        for (length, expected) in [("10", true), ("9", false), ("ten", false)] {
            let range = (CONTENT_RANGE, "bytes 10-19/20");
            let headers = headers(&[range, (ETAG, "\"a\""), (CONTENT_LENGTH, length)]);
            let continued = is_continued(&rest(None, tag()), &headers);
            assert_eq!(continued, expected, "{length}");
        }
        assert!(!is_continued(&rest(None, tag()), &headers(&[])));
    }

    #[test]
    fn only_a_validator_joins_two_parts() {
        let date = || Version::Date(HeaderValue::from_static(EARLIER));
        for (version, validators, expected) in [
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
            let headers = headers(&[[range].as_slice(), validators].concat());
            let continued = is_continued(&rest(Some(20), version), &headers);
            assert_eq!(continued, expected, "{headers:?}");
        }
    }
}
