//! Attachments: what is announced of a picture, and its link.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::answers::Attachment;
use crate::png_file::{Frame, SINGLES};

/// How long a link works, on the virtual clock.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The pictures of one job.
#[derive(Clone, Debug)]
pub(crate) struct Album {
    pub(crate) seed: u32,
    /// What the file names begin with.
    pub(crate) title: String,
    /// The attachments' first number in the links; Discord's is the channel.
    pub(crate) channel: String,
    /// The grid's id; those of the four pictures follow it.
    pub(crate) first_id: u64,
}

impl Album {
    fn id(&self, frame: Frame) -> u64 {
        match frame {
            Frame::Grid => self.first_id,
            Frame::Single(index) => self.first_id + 1 + u64::from(index),
        }
    }

    fn filename(&self, frame: Frame) -> String {
        match frame {
            Frame::Grid => format!("{}_grid.png", self.title),
            Frame::Single(index) => format!("{}_{}.png", self.title, index + 1),
        }
    }

    fn path(&self, frame: Frame) -> String {
        let (channel, id, filename) = (&self.channel, self.id(frame), self.filename(frame));
        format!("/attachments/{channel}/{id}/{filename}")
    }

    /// The frame that stands at a path.
    pub(crate) fn at(&self, path: &str) -> Option<Frame> {
        let mut frames = SINGLES.into_iter().chain([Frame::Grid]);
        frames.find(|frame| self.path(*frame) == path)
    }

    /// The announcement, with a link issued now. `host` is the image host's
    /// base URL, `size` the file's true size.
    pub(crate) fn attachment(
        &self,
        frame: Frame,
        host: &str,
        size: usize,
        now: Timestamp,
    ) -> Attachment {
        let path = self.path(frame);
        let url = format!("{host}{path}?{}", Ticket::issue(&path, now).query());
        Attachment {
            id: self.id(frame).to_string(),
            proxy_url: url.clone(),
            url,
            width: frame.side(),
            height: frame.side(),
            size,
            placeholder_version: 1,
            placeholder: "1xgGDYRYZ3iGeIeAd4iIeHeAiHeI",
            filename: self.filename(frame),
            content_type: "image/png",
        }
    }
}

/// The query of a link: from when to when it works, and a proof of that.
#[derive(Debug, Deserialize)]
pub(crate) struct Ticket {
    ex: String,
    is: String,
    hm: String,
}

impl Ticket {
    fn issue(path: &str, now: Timestamp) -> Self {
        let issued = now.as_second();
        let ex = format!("{:x}", issued.saturating_add(LIFETIME.as_secs()));
        let is = format!("{issued:x}");
        let hm = proof(path, &ex, &is);
        Self { ex, is, hm }
    }

    fn query(&self) -> String {
        let Self { ex, is, hm } = self;
        format!("ex={ex}&is={is}&hm={hm}&")
    }

    /// Whether it was issued for the path and has not run out.
    pub(crate) fn admits(&self, path: &str, now: Timestamp) -> bool {
        self.hm == proof(path, &self.ex, &self.is)
            && i64::from_str_radix(&self.ex, 16).is_ok_and(|end| now.as_second() < end)
    }
}

/// No cryptography: enough to tell a link that was changed from one that was
/// issued.
fn proof(path: &str, ex: &str, is: &str) -> String {
    let parts = [0_u8, 1, 2, 3].map(|part| {
        let mut hasher = DefaultHasher::new();
        (part, path, ex, is).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    });
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = LIFETIME.as_secs();

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_works_for_a_day() {
        let ticket = Ticket::issue("/a", at(1_000));
        assert!(ticket.admits("/a", at(1_000)));
        assert!(ticket.admits("/a", at(1_000 + DAY - 1)));
        assert!(!ticket.admits("/a", at(1_000 + DAY)));
    }

    #[test]
    fn a_link_works_only_as_issued() {
        let issued = || Ticket::issue("/a", at(1_000));
        assert!(!issued().admits("/b", at(1_000)));
        let later = format!("{:x}", 1_000 + 2 * DAY);
        assert!(
            !Ticket {
                ex: later,
                ..issued()
            }
            .admits("/a", at(1_000))
        );
        assert!(
            !Ticket {
                is: "0".into(),
                ..issued()
            }
            .admits("/a", at(1_000))
        );
        assert!(
            !Ticket {
                hm: "0".repeat(64),
                ..issued()
            }
            .admits("/a", at(1_000))
        );
        assert_eq!(issued().hm.len(), 64);
    }
}
