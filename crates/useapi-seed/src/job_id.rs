//! Job IDs.

use crate::error::Error;

/// In characters; IDs of the service have about 60.
const MAX_LENGTH: usize = 256;

/// Checks that a text can be a job ID: not blank, at most 256 characters, and
/// no control characters.
///
/// Nothing else is documented about the form of an ID, so nothing else is
/// rejected.
///
/// ```
/// use useapi_seed::check_job_id;
///
/// assert!(check_job_id("20240225145303538-user:1234-channel:1114555266835431444").is_ok());
/// let error = check_job_id("20240225145303538-user:1234\r").unwrap_err();
/// assert_eq!(error.to_string(), "jobid contains a control character");
/// ```
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), which says what
/// is wrong.
pub fn check_job_id(text: &str) -> Result<(), Error> {
    let length = text.chars().count();
    let reason = if text.is_empty() {
        "is empty".to_owned()
    } else if text.trim().is_empty() {
        "is blank".to_owned()
    } else if length > MAX_LENGTH {
        format!("is longer than {MAX_LENGTH} characters: it has {length}")
    } else if text.contains(char::is_control) {
        "contains a control character".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid_input("jobid", reason))
}

/// The Discord channel in a job ID, which identifies the Midjourney account that
/// the job belongs to; none when the ID does not contain one.
///
/// ```
/// use useapi_seed::channel_of;
///
/// let id = "20240225145303538-user:1234-channel:1114555266835431444";
/// assert_eq!(channel_of(id), Some("1114555266835431444"));
/// assert_eq!(channel_of("42"), None);
/// ```
#[must_use]
pub fn channel_of(job_id: &str) -> Option<&str> {
    let (_, rest) = job_id.split_once("channel:")?;
    let end = rest.find(|character: char| !character.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))
        .filter(|channel| !channel.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_id_outside_its_limits_is_rejected() {
        let longest = "é".repeat(MAX_LENGTH);
        for id in ["5", "20240225-user:1-channel:2", "a/b c", &longest] {
            assert!(check_job_id(id).is_ok(), "{id}");
        }
        for (id, words) in [
            ("", "jobid is empty"),
            (" \t\r\n", "jobid is blank"),
            (&*format!("{longest}5"), "256 characters: it has 257"),
            ("5\r", "a control character"),
            ("5\n6", "a control character"),
            ("5\0", "a control character"),
            ("5\u{9b}", "a control character"),
        ] {
            let reason = check_job_id(id).unwrap_err().to_string();
            assert!(reason.contains(words), "{id:?}: {reason}");
        }
    }

    #[test]
    fn channel_is_read_from_job_id() {
        assert_eq!(channel_of("1-channel:22-bot:3"), Some("22"));
        for id in ["", "5", "channel:", "channel:x"] {
            assert_eq!(channel_of(id), None);
        }
    }
}
