//! What a callback says. None of it is believed.

use serde_json::Value;

use crate::address::LONGEST_ID;

const UTF8_BOM: &[u8] = "\u{feff}".as_bytes();

/// What is read of a callback's body, only to know what to ask the API for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) job_id: String,
    pub(crate) reply_ref: Option<String>,
    /// Whether the job is said to have ended.
    pub(crate) is_end: bool,
}

impl Claim {
    /// The claim in a body; none when it names no job.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(UTF8_BOM).unwrap_or(body);
        let value: Value = serde_json::from_slice(body).ok()?;
        // It is remembered, so that no forger must be able to make it long.
        let is_id = |id: &String| {
            !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control)
        };
        let job_id = text(&value, "jobid").filter(is_id)?;
        // An unknown status means that the job runs.
        let status = text(&value, "status").unwrap_or_default();
        Some(Self {
            job_id,
            reply_ref: text(&value, "replyRef"),
            is_end: matches!(
                status.as_str(),
                "completed" | "failed" | "moderated" | "cancelled"
            ),
        })
    }
}

/// A field's text. An integer is read as text, since an id may come as one; beyond 64
/// bits it would not be exact, and is rejected.
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

    #[test]
    fn a_job_is_named_or_there_is_no_claim() {
        let body = br#"{"jobid":"a","status":"completed","replyRef":"b","more":{}}"#;
        let claim = Claim {
            job_id: "a".to_owned(),
            reply_ref: Some("b".to_owned()),
            is_end: true,
        };
        assert_eq!(Claim::read(body), Some(claim));
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
            "\u{feff}",
            "\u{feff}\u{feff}{\"jobid\":\"a\"}",
        ] {
            assert_eq!(Claim::read(body.as_bytes()), None, "{body}");
        }
        for (body, job_id, reply_ref) in [
            ("\u{feff}{\"jobid\":\"a\"}", "a", None),
            (r#"{"jobid":7,"replyRef":""}"#, "7", Some("")),
            (
                r#"{"jobid":18446744073709551615,"parentJobId":8,"replyRef":-9}"#,
                "18446744073709551615",
                Some("-9"),
            ),
        ] {
            let claim = Claim::read(body.as_bytes()).unwrap();
            assert_eq!(claim.job_id, job_id, "{body}");
            assert_eq!(claim.reply_ref.as_deref(), reply_ref, "{body}");
        }
        for status in [r#""started""#, r#""unheard of""#, "7", "null"] {
            let body = format!(r#"{{"jobid":"a","status":{status}}}"#);
            assert!(!Claim::read(body.as_bytes()).unwrap().is_end, "{status}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_taken(body: Vec<u8>) {
            let _ = Claim::read(&body);
        }
    }
}
