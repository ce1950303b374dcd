//! What is never written down: API tokens and `discord` values.

use std::borrow::Cow;

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What stands in place of a secret.
const CUT: &str = "***";
/// The field, and the parameter, whose value is a secret.
const DISCORD: &str = "discord";
/// How many bytes of a text are kept.
const KEPT: usize = 4096;
/// What stands at the end of a text that has more.
const TRUNCATED: &str = "…[truncated]";
const SECRET_HEADERS: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];

/// How many letters a token has at least. What is shorter stands everywhere, and
/// is not taken for one.
const SHORTEST: usize = 8;

/// Whether this could be an API token that is known: a request can show it.
pub(crate) fn can_be_token(text: &str) -> bool {
    is_long_enough(text) && text.bytes().all(|letter| letter.is_ascii_graphic())
}

/// Whether this is cut as a token once a request has shown it as one, whatever it
/// consists of.
pub(crate) fn is_long_enough(text: &str) -> bool {
    text.len() >= SHORTEST
}

/// Tokens, the longest first: one may be the start of another.
pub(crate) struct Secrets<'a>(Vec<&'a str>);

impl<'a> Secrets<'a> {
    pub(crate) fn new(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tokens: Vec<_> = tokens
            .into_iter()
            .filter(|token| !token.is_empty())
            .collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
        Self(tokens)
    }

    /// The start of a text.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = self.whole(text);
        if text.len() <= KEPT {
            return text.into_owned();
        }
        let mut end = KEPT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}{TRUNCATED}", text.get(..end).unwrap_or_default())
    }

    fn whole<'b>(&self, text: &'b str) -> Cow<'b, str> {
        let mut text = Cow::Borrowed(text);
        for token in &self.0 {
            if text.contains(token) {
                text = text.replace(token, CUT).into();
            }
        }
        text
    }

    /// Path and query, whole: they have a limit of their own. Where they hold a
    /// token, they are kept unescaped.
    pub(crate) fn target(&self, target: &str) -> String {
        let unescaped = percent_decode_str(target).decode_utf8_lossy();
        let hides_token = self.0.iter().any(|token| unescaped.contains(token));
        let target = if hides_token { &unescaped } else { target };
        let Some((path, query)) = target.split_once('?') else {
            return self.whole(target).into_owned();
        };
        let parameters: Vec<_> = query
            .split('&')
            .map(|parameter| {
                let name = parameter.split('=').next().unwrap_or_default();
                let plain = percent_decode_str(name).decode_utf8_lossy();
                if plain.eq_ignore_ascii_case(DISCORD) {
                    format!("{name}={CUT}").into()
                } else {
                    Cow::Borrowed(parameter)
                }
            })
            .collect();
        let target = format!("{path}?{}", parameters.join("&"));
        self.whole(&target).into_owned()
    }

    /// Names and values of headers.
    pub(crate) fn headers(&self, headers: &[(HeaderName, Box<[u8]>)]) -> Vec<(String, String)> {
        headers
            .iter()
            .map(|(name, value)| {
                let value = if SECRET_HEADERS.contains(name) {
                    CUT.to_owned()
                } else {
                    self.text(&String::from_utf8_lossy(value))
                };
                (name.to_string(), value)
            })
            .collect()
    }

    /// The start of a body, and the job that it names. A body that may hide a
    /// secret is kept as its JSON is read, which a field that comes twice cannot
    /// get around; where there is no JSON it is not kept.
    pub(crate) fn body(&self, body: &[u8]) -> (String, Option<String>) {
        let plain = String::from_utf8_lossy(body);
        let may_hide = plain.contains('\\') || plain.to_ascii_lowercase().contains(DISCORD);
        let Ok(mut json) = serde_json::from_slice::<Value>(body) else {
            let text = if may_hide {
                CUT.to_owned()
            } else {
                self.text(&plain)
            };
            return (text, None);
        };
        let job = json
            .get("jobid")
            .and_then(Value::as_str)
            .map(|id| self.text(id));
        if !may_hide {
            return (self.text(&plain), job);
        }
        self.cut(&mut json);
        (self.text(&json.to_string()), job)
    }

    /// Cuts the secrets out of JSON.
    fn cut(&self, json: &mut Value) {
        match json {
            Value::String(text) => {
                if let Cow::Owned(without) = self.whole(text) {
                    *text = without;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.cut(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    if !name.eq_ignore_ascii_case(DISCORD) {
                        self.cut(value);
                    } else if !value.is_null() {
                        *value = CUT.into();
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Secrets, TRUNCATED};

    #[test]
    fn bodies_are_kept_without_secrets_and_without_end() {
        let secrets = Secrets::new(["user:1", "user:12-token", ""]);
        for (body, kept) in [
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
            assert_eq!(secrets.body(body.as_bytes()).0, kept, "{body}");
        }
        let (_, job) = secrets.body(br#"{"jobid": "user:12-token"}"#);
        assert_eq!(job.as_deref(), Some("***"));
        let long = "é".repeat(5000);
        assert_eq!(secrets.text(&long), "é".repeat(2048) + TRUNCATED);
        assert_eq!(secrets.body(b"\xff").0, "\u{fffd}");
    }

    #[test]
    fn targets_are_kept_without_secrets() {
        let secrets = Secrets::new(["user:12-token"]);
        for (target, kept) in [
            ("/v2/jobs/?jobid=a%3Ab", "/v2/jobs/?jobid=a%3Ab"),
            ("/v2/jobs/?jobid=user:12-token", "/v2/jobs/?jobid=***"),
            (
                "/v2/jobs/?a=1&jobid=user%3A12-token",
                "/v2/jobs/?a=1&jobid=***",
            ),
            ("/v2/jobs/?disc%6Frd=x&a=1", "/v2/jobs/?disc%6Frd=***&a=1"),
            ("/user%3a12-token", "/***"),
        ] {
            assert_eq!(secrets.target(target), kept);
        }
    }
}
