//! Redaction of API tokens and `discord` values.

use std::cmp::Reverse;

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

/// Replaces a secret.
const MASK: &str = "***";
/// The field, and the query parameter, whose value is a secret.
const DISCORD: &str = "discord";
/// How many bytes of a text are shown.
const MAX_TEXT: usize = 4096;
const TRUNCATED: &str = "…[truncated]";
const SECRET_HEADERS: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];

/// A shorter text would be redacted where it is not a token.
const MIN_TOKEN: usize = 8;

/// Whether a request can carry this token.
pub(crate) fn is_valid_token(text: &str) -> bool {
    is_long_enough(text) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether this is redacted as a token once a request has carried it as one.
pub(crate) fn is_long_enough(text: &str) -> bool {
    text.len() >= MIN_TOKEN
}

/// Tokens, the longest first: one may be the start of another.
pub(crate) struct Redactor<'a>(Vec<&'a str>);

impl<'a> Redactor<'a> {
    pub(crate) fn new(tokens: impl Iterator<Item = &'a str>) -> Self {
        let mut tokens: Vec<_> = tokens.filter(|token| !token.is_empty()).collect();
        tokens.sort_by_key(|token| Reverse(token.len()));
        Self(tokens)
    }

    fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for token in &self.0 {
            if text.contains(token) {
                text = text.replace(token, MASK);
            }
        }
        text
    }

    /// Redacts and truncates a text.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = self.redact(text);
        if text.len() > MAX_TEXT {
            let mut ends = (0..=MAX_TEXT).rev();
            text.truncate(ends.find(|end| text.is_char_boundary(*end)).unwrap_or(0));
            text.push_str(TRUNCATED);
        }
        text
    }

    /// Path and query, which have a limit of their own. With a secret they are
    /// shown decoded.
    pub(crate) fn target(&self, target: &str) -> String {
        let decoded = percent_decode_str(target).decode_utf8_lossy();
        let hides_token = self.0.iter().any(|token| decoded.contains(token));
        if !hides_token && !decoded.to_ascii_lowercase().contains(DISCORD) {
            return target.to_owned();
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = form_urlencoded::parse(query.as_bytes());
        let pairs: Vec<_> = pairs
            .map(|(name, value)| {
                let is_secret = name.eq_ignore_ascii_case(DISCORD);
                let value = if is_secret { MASK.into() } else { value };
                format!("{name}={value}")
            })
            .collect();
        let separator = if pairs.is_empty() { "" } else { "?" };
        let path = percent_decode_str(path).decode_utf8_lossy();
        self.redact(&format!("{path}{separator}{}", pairs.join("&")))
    }

    pub(crate) fn headers(&self, headers: &[(HeaderName, Box<[u8]>)]) -> Vec<(String, String)> {
        let shown = headers.iter().map(|(name, value)| {
            let value = if SECRET_HEADERS.contains(name) {
                MASK.to_owned()
            } else {
                self.text(&String::from_utf8_lossy(value))
            };
            (name.to_string(), value)
        });
        shown.collect()
    }

    /// The body, and the job that it names. A body that may hide a secret is shown as
    /// parsed, which also removes duplicate fields; if it is not JSON, it is not shown.
    pub(crate) fn body(&self, body: &[u8]) -> (String, Option<String>) {
        let plain = String::from_utf8_lossy(body);
        let may_hide = plain.contains('\\') || plain.to_ascii_lowercase().contains(DISCORD);
        let json = serde_json::from_slice::<Value>(body).ok();
        let job = json.as_ref().and_then(|json| json.get("jobid")?.as_str());
        let job = job.map(|id| self.text(id));
        let shown = match json {
            _ if !may_hide => self.text(&plain),
            Some(json) => self.text(&self.redact_json(json).to_string()),
            None => MASK.to_owned(),
        };
        (shown, job)
    }

    fn redact_json(&self, json: Value) -> Value {
        match json {
            Value::String(text) => self.redact(&text).into(),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.redact_json(item))
                .collect(),
            Value::Object(fields) => {
                let redacted = fields.into_iter().map(|(name, value)| {
                    let is_secret = name.eq_ignore_ascii_case(DISCORD) && !value.is_null();
                    let value = if is_secret {
                        MASK.into()
                    } else {
                        self.redact_json(value)
                    };
                    (name, value)
                });
                Value::Object(redacted.collect())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_redacted_and_truncated() {
        let secrets = Redactor::new(["user:1", "user:12-token", ""].into_iter());
        for (body, shown) in [
            (
                r#"{"discord":"x","jobid":"a"}"#,
                r#"{"discord":"***","jobid":"a"}"#,
            ),
            (r#"[{"Discord":"x"}]"#, r#"[{"Discord":"***"}]"#),
            (r#"{"a":"user\u003a12-token"}"#, r#"{"a":"***"}"#),
            (r#"{"jobid": "user:12-token"}"#, r#"{"jobid": "***"}"#),
            (r#"{"discord":"x","discord":null}"#, r#"{"discord":null}"#),
            (r#"{"a":{"discord":"x"},"a":5}"#, r#"{"a":5}"#),
            (r#"{"a":"user\u003a12-token","a":5}"#, r#"{"a":5}"#),
            (r#"{"a":"user\u003a12-token",}"#, "***"),
            (r#"{"discord":"x",}"#, "***"),
            ("discord=x", "***"),
            ("a user:12-token b", "a *** b"),
            (
                r#"{"error":"Your Discord account"}"#,
                r#"{"error":"Your Discord account"}"#,
            ),
        ] {
            assert_eq!(secrets.body(body.as_bytes()).0, shown, "{body}");
        }
        let (_, job) = secrets.body(br#"{"jobid": "user:12-token"}"#);
        assert_eq!(job.as_deref(), Some("***"));
        let long = "é".repeat(5000);
        assert_eq!(secrets.text(&long), "é".repeat(2048) + TRUNCATED);
        let longest = "a".repeat(MAX_TEXT);
        assert_eq!(secrets.text(&longest), longest);
        assert_eq!(secrets.body(b"\xff").0, "\u{fffd}");
    }

    #[test]
    fn targets_are_redacted() {
        let secrets = Redactor::new(["user:12-token"].into_iter());
        for (target, shown) in [
            ("/v2/jobs/?jobid=a%3Ab", "/v2/jobs/?jobid=a%3Ab"),
            ("/v2/jobs/?jobid=user:12-token", "/v2/jobs/?jobid=***"),
            (
                "/v2/jobs/?a=1&jobid=user%3A12-token",
                "/v2/jobs/?a=1&jobid=***",
            ),
            ("/v2/jobs/?disc%6Frd=x&a=1", "/v2/jobs/?discord=***&a=1"),
            ("/user%3a12-token", "/***"),
        ] {
            assert_eq!(secrets.target(target), shown);
        }
    }

    #[test]
    fn headers_are_redacted() {
        let secrets = Redactor::new(["user:12-token"].into_iter());
        let headers = [("cookie", "a=b"), ("accept", "user:12-token")];
        let headers = headers.map(|(name, value)| {
            let value = value.as_bytes().to_vec().into_boxed_slice();
            (HeaderName::from_static(name), value)
        });
        let shown = [("cookie", MASK), ("accept", MASK)];
        let shown = shown.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(secrets.headers(&headers), shown);
    }

    #[test]
    fn token_is_long_and_printable() {
        for (token, is_valid) in [
            ("1234567", false),
            ("12345678", true),
            ("1234 678", false),
            ("1234567\u{e9}", false),
        ] {
            assert_eq!(is_valid_token(token), is_valid, "{token}");
        }
    }
}
