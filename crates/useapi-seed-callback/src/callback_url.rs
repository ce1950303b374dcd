//! Callback URLs that cannot be guessed.
//!
//! A path below the base names its target and ends in a tag over it, so URLs need not
//! be stored:
//!
//! - `job/<parent>/<reply ref>/<tag>` for one submission. The reply ref is a digest of
//!   the `replyRef`, which may be long, or `-` without one.
//! - `account/<tag>`, configured at the service for all jobs of an account whose
//!   submission has no `replyUrl`.

use data_encoding::BASE64URL_NOPAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use url::Url;

use crate::key::Key;

/// The longest `replyUrl` that the service accepts.
const MAX_URL: usize = 1024;
/// The longest job ID; the documented ones have 59 characters.
pub(crate) const MAX_JOB_ID: usize = 256;
const TAG_BYTES: usize = 16;

/// What a callback URL is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallbackTarget {
    Job { parent: String, reply_ref: String },
    Account,
}

impl CallbackTarget {
    fn job(parent: &str, reply_ref: Option<&str>) -> Self {
        Self::Job {
            parent: parent.to_owned(),
            reply_ref: digest(reply_ref),
        }
    }

    /// The segments of its path before the tag.
    fn segments(&self) -> Vec<&str> {
        match self {
            Self::Job { parent, reply_ref } => vec!["job", parent, reply_ref],
            Self::Account => vec!["account"],
        }
    }

    /// The job whose seed is requested; none for an account's URL.
    pub(crate) fn parent(&self) -> Option<&str> {
        match self {
            Self::Job { parent, .. } => Some(parent),
            Self::Account => None,
        }
    }

    /// Whether the job was submitted with this `replyRef`.
    pub(crate) fn has_reply_ref(&self, other: Option<&str>) -> bool {
        match self {
            Self::Account => true,
            Self::Job { reply_ref, .. } => *reply_ref == digest(other),
        }
    }
}

/// Makes callback URLs, and verifies their paths.
pub(crate) struct CallbackUrls {
    base: Url,
    /// The first one signs; all are accepted.
    keys: Vec<Key>,
}

impl CallbackUrls {
    pub(crate) fn new(base: &str, keys: Vec<Key>) -> Result<Self, UrlError> {
        let base = Url::parse(base)
            .map_err(|error| UrlError::InvalidBase(format!("is not a URL ({error})")))?;
        let invalid = |reason: &str| Err(UrlError::InvalidBase(reason.to_owned()));
        if !matches!(base.scheme(), "http" | "https") {
            return invalid("must start with https:// or http://");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return invalid("must not contain a user name or password");
        }
        if base.query().is_some() || base.fragment().is_some() {
            return invalid("must not have a query or fragment");
        }
        let urls = Self { base, keys };
        let longest = urls.url(&CallbackTarget::job(&"0".repeat(MAX_JOB_ID), Some("any")));
        match longest.len().saturating_sub(MAX_URL) {
            0 => Ok(urls),
            excess => invalid(&format!("is too long by {excess} characters")),
        }
    }

    /// The URL for the submission of a job.
    pub(crate) fn for_job(
        &self,
        parent: &str,
        reply_ref: Option<&str>,
    ) -> Result<String, UrlError> {
        // One or two dots are relative path segments.
        let is_relative = matches!(parent, "" | "." | "..");
        if is_relative || parent.len() > MAX_JOB_ID || parent.contains(char::is_control) {
            return Err(UrlError::InvalidJobId);
        }
        Ok(self.url(&CallbackTarget::job(parent, reply_ref)))
    }

    /// The URL to configure for an account.
    pub(crate) fn for_account(&self) -> String {
        self.url(&CallbackTarget::Account)
    }

    fn url(&self, target: &CallbackTarget) -> String {
        let mut url = self.base.clone();
        // http and https URLs always have a path.
        if let Ok(mut path) = url.path_segments_mut() {
            let tag = self.keys.first().map(|key| {
                let tag = mac(key, target).finalize().into_bytes();
                BASE64.encode(tag.get(..TAG_BYTES).unwrap_or(&tag))
            });
            path.pop_if_empty().extend(target.segments()).extend(tag);
        }
        url.into()
    }

    /// The target of a path with a valid tag. Only the end of the path counts: a proxy
    /// may add or remove a prefix.
    pub(crate) fn verify_path(&self, path: &str) -> Option<CallbackTarget> {
        let mut segments = path.rsplit('/');
        let tag = BASE64.decode(segments.next()?.as_bytes()).ok()?;
        let target = match segments.next()? {
            "account" => CallbackTarget::Account,
            reply_ref => {
                let parent = percent_decode_str(segments.next()?).decode_utf8().ok()?;
                (segments.next()? == "job").then_some(())?;
                CallbackTarget::Job {
                    parent: parent.into_owned(),
                    reply_ref: reply_ref.to_owned(),
                }
            }
        };
        // The comparison takes constant time.
        let is_valid = |key: &Key| {
            tag.len() == TAG_BYTES && mac(key, &target).verify_truncated_left(&tag).is_ok()
        };
        self.keys.iter().any(is_valid).then_some(target)
    }
}

/// Stands for a `replyRef` in a path. An empty one is the same as none.
fn digest(reply_ref: Option<&str>) -> String {
    match reply_ref {
        None | Some("") => "-".to_owned(),
        Some(reply_ref) => BASE64.encode(&Sha256::digest(reply_ref)),
    }
}

fn mac(key: &Key, target: &CallbackTarget) -> Hmac<Sha256> {
    #[allow(clippy::expect_used, reason = "HMAC accepts keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("a key");
    for segment in target.segments() {
        mac.update(segment.as_bytes());
        // No segment contains NUL, so different targets never have the same bytes.
        mac.update(&[0]);
    }
    mac
}

/// Why a callback URL could not be made.
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{Key, Receiver, UrlError};
///
/// let receiver = Receiver::builder(client, "ftp://example.com", Key::new([7; 32])).build();
/// assert!(matches!(receiver.err(), Some(UrlError::InvalidBase(_))));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The base URL is invalid, for this reason.
    #[error("the callback URL {0}")]
    InvalidBase(String),
    /// The job ID is empty, longer than 256 bytes, a relative path segment, or contains
    /// control characters.
    #[error("the job ID is invalid")]
    InvalidJobId,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &str = "https://example.com/hooks/";

    fn urls(keys: &[u8]) -> CallbackUrls {
        let keys = keys.iter().map(|byte| Key::new([*byte; 32]));
        CallbackUrls::new(BASE, keys.collect()).unwrap()
    }

    fn path(url: &str) -> String {
        Url::parse(url).unwrap().path().to_owned()
    }

    #[test]
    fn own_url_is_verified() {
        let urls = urls(&[1]);
        let url = urls.for_job("2024-user:1-channel:2", Some("order 17"));
        let url = url.unwrap();
        assert!(url.starts_with(&format!("{BASE}job/")), "{url}");
        let target = urls.verify_path(&path(&url)).unwrap();
        assert_eq!(target.parent(), Some("2024-user:1-channel:2"));
        assert!(target.has_reply_ref(Some("order 17")));
        for other in [Some("order 18"), Some(""), None] {
            assert!(!target.has_reply_ref(other), "{other:?}");
        }
        // A proxy may remove the prefix or add one.
        let stripped = path(&url).replace("/hooks", "");
        assert_eq!(urls.verify_path(&stripped), Some(target.clone()));
        assert_eq!(urls.verify_path(&format!("/a{stripped}")), Some(target));
    }

    #[test]
    fn empty_reply_ref_is_the_same_as_none() {
        let urls = urls(&[1]);
        let url = urls.for_job("a", None).unwrap();
        assert_eq!(urls.for_job("a", Some("")).unwrap(), url);
        let target = urls.verify_path(&path(&url)).unwrap();
        assert!(target.has_reply_ref(None) && target.has_reply_ref(Some("")));
        assert!(!target.has_reply_ref(Some("b")));
    }

    #[test]
    fn account_url_is_for_any_reply_ref() {
        let urls = urls(&[1]);
        let target = urls.verify_path(&path(&urls.for_account())).unwrap();
        assert_eq!(target, CallbackTarget::Account);
        assert_eq!(target.parent(), None);
        assert!(target.has_reply_ref(None) && target.has_reply_ref(Some("a")));
    }

    #[test]
    fn url_of_a_previous_key_is_verified() {
        let url = urls(&[1]).for_job("a", None).unwrap();
        assert_eq!(urls(&[2]).verify_path(&path(&url)), None);
        assert!(urls(&[2, 1]).verify_path(&path(&url)).is_some());
        assert_ne!(urls(&[2, 1]).for_job("a", None).unwrap(), url);
    }

    #[test]
    fn changed_path_is_not_verified() {
        let urls = urls(&[1]);
        for url in [urls.for_job("a-b", Some("c")).unwrap(), urls.for_account()] {
            let path = path(&url);
            for index in "/hooks/".len()..path.len() {
                let mut other = path.clone().into_bytes();
                other[index] = if other[index] == b'A' { b'B' } else { b'A' };
                let other = String::from_utf8(other).unwrap();
                assert_eq!(urls.verify_path(&other), None, "{other}");
            }
            // A part of the tag is not a tag.
            for end in path.len() - 22..path.len() {
                assert_eq!(urls.verify_path(&path[..end]), None);
            }
        }
        for other in [
            "",
            "/",
            "/job/",
            "/account/",
            "/job/a/-/",
            "/account/AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(urls.verify_path(other), None, "{other}");
        }
    }

    #[test]
    fn invalid_base_is_rejected() {
        for (base, reason) in [
            ("", "is not a URL"),
            ("example.com", "is not a URL"),
            ("ftp://example.com", "must start with"),
            ("https://a:b@example.com", "user name"),
            ("https://:b@example.com", "user name"),
            ("https://a@example.com", "user name"),
            ("https://example.com/?a=b", "query"),
            ("https://example.com/#a", "fragment"),
        ] {
            let error = CallbackUrls::new(base, vec![Key::new([1; 32])]);
            let error = error.err().unwrap().to_string();
            assert!(error.contains(reason), "{base}: {error}");
        }
    }

    #[test]
    fn longest_url_is_accepted_by_the_service() {
        let with_path = |length| {
            let base = format!("https://example.com/{}", "a".repeat(length));
            CallbackUrls::new(&base, vec![Key::new([1; 32])])
        };
        let job_id = "1".repeat(MAX_JOB_ID);
        let short = with_path(1).unwrap().for_job(&job_id, Some("a")).unwrap();
        let longest = 1 + MAX_URL - short.len();
        let urls = with_path(longest).unwrap();
        assert_eq!(urls.for_job(&job_id, Some("a")).unwrap().len(), MAX_URL);
        let error = with_path(longest + 2).err().unwrap().to_string();
        assert!(error.ends_with("is too long by 2 characters"), "{error}");
    }

    #[test]
    fn invalid_job_id_is_rejected() {
        for job_id in ["", ".", "..", "a\nb", &"1".repeat(MAX_JOB_ID + 1)] {
            let url = urls(&[1]).for_job(job_id, None);
            assert_eq!(url, Err(UrlError::InvalidJobId), "{job_id:?}");
        }
    }

    proptest! {
        #[test]
        fn random_job_id_and_reply_ref_are_verified(
            parent in r"\PC{1,40}",
            reply_ref in proptest::option::of(".*"),
        ) {
            let urls = urls(&[1]);
            let url = urls.for_job(&parent, reply_ref.as_deref());
            prop_assume!(url.is_ok());
            let target = urls.verify_path(&path(&url.unwrap())).unwrap();
            prop_assert_eq!(target.parent(), Some(&*parent));
            prop_assert!(target.has_reply_ref(reply_ref.as_deref()));
        }

        #[test]
        fn random_path_is_not_verified(path in ".*") {
            prop_assert_eq!(urls(&[1]).verify_path(&path), None);
        }
    }
}
