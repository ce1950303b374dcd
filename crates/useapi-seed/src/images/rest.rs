//! The rest of an image whose beginning has come.
//!
//! Two halves make a whole only when they are of the same version, and meet at
//! the same byte. All that the host says about it is held against that.

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

    /// Whether an answer is of this version, as far as it says.
    fn is_of(&self, headers: &HeaderMap) -> bool {
        let said = match self {
            Self::Tag(_) => headers.get(ETAG),
            Self::Date(_) => headers.get(LAST_MODIFIED),
        };
        said.is_none_or(|said| said == self.value())
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

    /// When a 206 brings just that, or a beginning of it: the same, with what the
    /// answer says of the total. None otherwise.
    pub(super) fn brought_by(self, headers: &HeaderMap) -> Option<Self> {
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
        let is_consistent = first == self.start
            && total
                .zip(self.total)
                .is_none_or(|(said, known)| said == known)
            && self.total.is_none_or(|total| last < total)
            && is_length(headers, last - first);
        (is_consistent && self.version.is_of(headers)).then(|| Self {
            total: total.or(self.total),
            ..self
        })
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

    #[test]
    fn a_part_is_taken_only_where_it_belongs() {
        let rest = |total| Rest {
            start: 10,
            total,
            version: Version::Tag(HeaderValue::from_static("\"a\"")),
        };
        for (range, known, taken) in [
            ("bytes 10-19/20", Some(20), Some(Some(20))),
            ("bytes 10-19/20", None, Some(Some(20))),
            ("bytes 10-14/20", Some(20), Some(Some(20))),
            ("bytes 10-19/*", Some(20), Some(Some(20))),
            ("bytes 10-19/*", None, Some(None)),
            ("bytes 10-20/*", Some(20), None),
            ("bytes 10-19/21", Some(20), None),
            ("bytes 9-19/20", Some(20), None),
            ("bytes 0-19/20", Some(20), None),
            ("bytes 11-19/20", Some(20), None),
            ("bytes */20", Some(20), None),
            ("items 10-19/20", Some(20), None),
            ("", Some(20), None),
        ] {
            let headers = headers(&[(CONTENT_RANGE, range)]);
            let brought = rest(known).brought_by(&headers);
            assert_eq!(brought.map(|rest| rest.total), taken, "{range:?}");
        }
        let range = (CONTENT_RANGE, "bytes 10-19/20");
        for (other, is_taken) in [
            ((ETAG, "\"a\""), true),
            ((ETAG, "\"b\""), false),
            ((CONTENT_LENGTH, "10"), true),
            ((CONTENT_LENGTH, "9"), false),
            ((CONTENT_LENGTH, "ten"), false),
        ] {
            let taken = rest(None).brought_by(&headers(&[range.clone(), other.clone()]));
            assert_eq!(taken.is_some(), is_taken, "{other:?}");
        }
        assert!(rest(None).brought_by(&headers(&[])).is_none());
    }
}
