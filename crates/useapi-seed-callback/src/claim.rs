//! What a callback says. None of it is believed.

use serde_json::Value;

use crate::address::LONGEST_ID;

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
        let value: Value = serde_json::from_slice(body).ok()?;
        let text = |name| value.get(name).and_then(Value::as_str);
        // It is remembered, so that no forger must be able to make it long.
        let is_id = |id: &&str| {
            !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control)
        };
        let job_id = text("jobid").filter(is_id)?;
        // An unknown status means that the job runs.
        let status = text("status").unwrap_or_default();
        Some(Self {
            job_id: job_id.to_owned(),
            reply_ref: text("replyRef")
                .filter(|reference| !reference.is_empty())
                .map(ToOwned::to_owned),
            is_end: matches!(status, "completed" | "failed" | "moderated" | "cancelled"),
        })
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
            r#"{"jobid":7}"#,
            r#"{"jobid":" "}"#,
        ] {
            assert_eq!(Claim::read(body.as_bytes()), None, "{body}");
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
