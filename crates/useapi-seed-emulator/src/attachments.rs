//! The attachments of a job: what is announced of an image, and its link.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::image_files::{Variant, size};
use crate::responses::Attachment;

/// How long a link works, on the virtual clock.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The images of one job.
#[derive(Clone, Debug)]
pub(crate) struct ImageSet {
    pub(crate) seed: u32,
    /// The start of the file names.
    pub(crate) title: String,
    /// The first number in the links; Discord puts the channel there.
    pub(crate) channel: String,
    /// The grid's id; those of the four images follow it.
    pub(crate) first_id: u64,
}

impl ImageSet {
    fn id(&self, variant: Variant) -> u64 {
        match variant {
            Variant::Grid => self.first_id,
            Variant::Upscaled(index) => self.first_id + 1 + u64::from(index),
        }
    }

    fn filename(&self, variant: Variant) -> String {
        match variant {
            Variant::Grid => format!("{}_grid.png", self.title),
            Variant::Upscaled(index) => format!("{}_{}.png", self.title, index + 1),
        }
    }

    fn path(&self, variant: Variant) -> String {
        let (channel, id, filename) = (&self.channel, self.id(variant), self.filename(variant));
        format!("/attachments/{channel}/{id}/{filename}")
    }

    /// The image at a path.
    pub(crate) fn at(&self, path: &str) -> Option<Variant> {
        let mut variants = Variant::UPSCALED.into_iter().chain([Variant::Grid]);
        variants.find(|variant| self.path(*variant) == path)
    }

    /// The announcement of an image, with a link on the image host that was issued
    /// at a time.
    pub(crate) fn attachment(&self, variant: Variant, host: &str, issued: Timestamp) -> Attachment {
        let path = self.path(variant);
        let url = format!("{host}{path}?{}", SignedUrl::issue(&path, issued).query());
        Attachment {
            id: self.id(variant).to_string(),
            proxy_url: url.clone(),
            url,
            width: variant.side(),
            height: variant.side(),
            size: size(variant),
            placeholder_version: 1,
            placeholder: "1xgGDYRYZ3iGeIeAd4iIeHeAiHeI",
            filename: self.filename(variant),
            content_type: "image/png",
        }
    }
}

/// The query of a link: until when it works, since when, and a signature of both.
#[derive(Debug, Deserialize)]
pub(crate) struct SignedUrl {
    ex: String,
    is: String,
    hm: String,
}

impl SignedUrl {
    fn issue(path: &str, now: Timestamp) -> Self {
        let issued = now.as_second();
        let ex = format!("{:x}", issued.saturating_add(LIFETIME.as_secs()));
        let is = format!("{issued:x}");
        let hm = signature(path, &ex, &is);
        Self { ex, is, hm }
    }

    fn query(&self) -> String {
        let Self { ex, is, hm } = self;
        format!("ex={ex}&is={is}&hm={hm}&")
    }

    /// Whether it was issued for the path and has not expired.
    pub(crate) fn verify(&self, path: &str, now: Timestamp) -> bool {
        self.hm == signature(path, &self.ex, &self.is)
            && i64::from_str_radix(&self.ex, 16).is_ok_and(|end| now.as_second() < end)
    }
}

/// Not cryptography: it distinguishes a changed link from an issued one.
fn signature(path: &str, ex: &str, is: &str) -> String {
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

    #[test]
    fn link_works_as_issued_for_a_day() {
        let verify = |changed: SignedUrl, path: &str, second| {
            changed.verify(path, Timestamp::from_second(second).unwrap())
        };
        let issued = || SignedUrl::issue("/a", Timestamp::from_second(1_000).unwrap());
        assert_eq!(issued().hm.len(), 64);
        assert!(verify(issued(), "/a", 1_000));
        assert!(verify(issued(), "/a", 1_000 + DAY - 1));
        assert!(!verify(issued(), "/a", 1_000 + DAY));
        assert!(!verify(issued(), "/b", 1_000));
        let (ex, is, hm) = (format!("{:x}", 1_000 + 2 * DAY), "0".into(), "0".repeat(64));
        assert!(!verify(SignedUrl { ex, ..issued() }, "/a", 1_000));
        assert!(!verify(SignedUrl { is, ..issued() }, "/a", 1_000));
        assert!(!verify(SignedUrl { hm, ..issued() }, "/a", 1_000));
    }
}
