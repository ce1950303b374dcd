//! The Discord channel of a Midjourney account, by which its jobs are told.

/// The Discord channel in a job's id.
pub(crate) fn of(job_id: &str) -> Option<&str> {
    let (_, rest) = job_id.split_once("channel:")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))
        .filter(|channel| !channel.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_what_its_jobs_ids_say() {
        let id = "20240225145303538-user:1234-channel:1114555266835431444";
        assert_eq!(of(id), Some("1114555266835431444"));
        assert_eq!(of("1-channel:22-bot:3"), Some("22"));
        for id in ["", "5", "channel:", "channel:x"] {
            assert_eq!(of(id), None);
        }
    }
}
