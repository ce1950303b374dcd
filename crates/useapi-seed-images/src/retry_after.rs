//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The requested delay; zero when its date has passed.
///
/// A date is compared with the response's own `Date`, if any: the local clock may be
/// wrong.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let sent = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(date.duration_since(sent.unwrap_or(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(retry_after: &str, date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        headers
    }

    #[test]
    fn seconds_and_dates_are_parsed() {
        let now = httpdate::parse_http_date("Sun, 25 Feb 2024 18:00:00 GMT").unwrap();
        let later = "Sun, 25 Feb 2024 18:00:30 GMT";
        for (value, date, seconds) in [
            ("120", None, Some(120)),
            (" 5 ", None, Some(5)),
            (later, None, Some(30)),
            ("Sun, 25 Feb 2024 17:00:00 GMT", None, Some(0)),
            // The host's clock is ten seconds behind ours.
            (later, Some("Sun, 25 Feb 2024 17:59:50 GMT"), Some(40)),
            (later, Some("yesterday"), Some(30)),
            ("soon", None, None),
            ("1.5", None, None),
            ("-1", None, None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(&headers(value, date), now), expected, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    proptest! {
        #[test]
        fn any_value_is_accepted(value in "[ -~]{0,40}", date in proptest::option::of("[ -~]{0,40}")) {
            retry_after(&headers(&value, date.as_deref()), SystemTime::UNIX_EPOCH);
        }
    }
}
