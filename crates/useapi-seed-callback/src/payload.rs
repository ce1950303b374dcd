//! The body of a callback. Nothing in it is trusted.

use serde_json::Value;

use crate::callback_url::MAX_JOB_ID;

/// What is read of a callback's body: which job to poll, and nothing about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallbackPayload {
    pub(crate) job_id: String,
    pub(crate) reply_ref: Option<String>,
}

impl CallbackPayload {
    /// None when the body does not name a job.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let value: Value = serde_json::from_slice(body).ok()?;
        // It is stored, so its length has a limit.
        let is_job_id = |id: &String| {
            !id.trim().is_empty() && id.len() <= MAX_JOB_ID && !id.contains(char::is_control)
        };
        Some(Self {
            job_id: text(&value, "jobid").filter(is_job_id)?,
            reply_ref: text(&value, "replyRef"),
        })
    }
}

/// A field's text. An integer is read as text, since an id may be sent as one; beyond
/// 64 bits it would not be exact, and is rejected.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(body: &str) -> Option<(String, Option<String>)> {
        let payload = CallbackPayload::parse(body.as_bytes())?;
        Some((payload.job_id, payload.reply_ref))
    }

    #[test]
    fn job_id_and_reply_ref_are_read() {
        for (body, job_id, reply_ref) in [
            (
                r#"{"jobid":"a","status":"completed","replyRef":"b","more":{}}"#,
                "a",
                Some("b"),
            ),
            ("\u{feff}{\"jobid\":\"a\"}", "a", None),
            (r#"{"jobid":7,"replyRef":""}"#, "7", Some("")),
            (
                r#"{"jobid":18446744073709551615,"parentJobId":8,"replyRef":-9}"#,
                "18446744073709551615",
                Some("-9"),
            ),
            (r#"{"jobid":"a","replyRef":null}"#, "a", None),
            (r#"{"jobid":"b","jobid":"a"}"#, "a", None),
        ] {
            let expected = (job_id.to_owned(), reply_ref.map(str::to_owned));
            assert_eq!(parse(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn body_without_job_id_is_rejected() {
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            r#"{"jobid":7.5}"#,
            r#"{"jobid":7e2}"#,
            r#"{"jobid":99999999999999999999}"#,
            r#"{"jobid":true}"#,
            r#"{"jobid":["a"]}"#,
            r#"{"jobid":" "}"#,
            r#"{"jobid":"a\nb"}"#,
            "\u{feff}",
            "\u{feff}\u{feff}{\"jobid\":\"a\"}",
        ] {
            assert_eq!(parse(body), None, "{body}");
        }
    }

    #[test]
    fn job_id_over_the_limit_is_rejected() {
        let body = |length| format!(r#"{{"jobid":"{}"}}"#, "1".repeat(length));
        assert!(parse(&body(MAX_JOB_ID)).is_some());
        assert!(parse(&body(MAX_JOB_ID + 1)).is_none());
    }

    proptest! {
        #[test]
        fn random_body_does_not_panic(body: Vec<u8>) {
            let _ = CallbackPayload::parse(&body);
        }
    }
}
