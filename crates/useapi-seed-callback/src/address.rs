//! Addresses to be called back at, which nobody can guess.
//!
//! Behind the base stand what the address is for and a tag over it, so that the
//! addresses themselves are all that has to be remembered:
//!
//! - `job/<parent>/<reference>/<tag>`: of one submission. The reference is a
//!   digest of its `replyRef`, which may be long, or `-` without one.
//! - `account/<tag>`: configured at the service for an account, for all jobs
//!   whose submission names no other.

use data_encoding::BASE64URL_NOPAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use url::Url;

use crate::key::Key;

/// What the service takes for a `replyUrl` (Request Body, replyUrl).
const LONGEST: usize = 1024;
/// Room for a parent's id; the documentation's have 59 letters.
pub(crate) const LONGEST_ID: usize = 256;
/// Enough that guessing is hopeless.
const TAG_BYTES: usize = 16;
const DIGEST_BYTES: usize = 12;
const NO_REFERENCE: &str = "-";

/// What an address is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Job { parent: String, reference: String },
    Account,
}

/// Makes addresses and knows them again.
pub(crate) struct Addresses {
    base: Url,
    /// The first signs; all are believed.
    keys: Vec<Key>,
}

impl Addresses {
    pub(crate) fn new(base: &str, keys: Vec<Key>) -> Result<Self, AddressError> {
        let fault = |fault: String| Err(AddressError::Base(fault));
        let base = match Url::parse(base) {
            Ok(base) => base,
            Err(error) => return fault(format!("cannot be read ({error})")),
        };
        if !matches!(base.scheme(), "http" | "https") {
            return fault("has to begin with https:// or http://".into());
        }
        if !base.username().is_empty() || base.password().is_some() {
            return fault("must not hold a user name or password".into());
        }
        if base.query().is_some() || base.fragment().is_some() {
            return fault("must not hold a query or fragment".into());
        }
        let addresses = Self { base, keys };
        // The longest that any submission makes.
        let longest = addresses.address(&Subject::Job {
            parent: "0".repeat(LONGEST_ID),
            reference: reference(Some("any")),
        });
        if longest.len() > LONGEST {
            let room = LONGEST + addresses.base.as_str().len() - longest.len();
            return fault(format!(
                "is too long: at most {room} letters are left for it"
            ));
        }
        Ok(addresses)
    }

    /// The address for the submission of a job.
    pub(crate) fn of_job(
        &self,
        parent: &str,
        reply_ref: Option<&str>,
    ) -> Result<String, AddressError> {
        // A dot or two mean another place in an address.
        if matches!(parent, "" | "." | "..") || parent.contains(char::is_control) {
            return Err(AddressError::JobId);
        }
        let address = self.address(&Subject::Job {
            parent: parent.to_owned(),
            reference: reference(reply_ref),
        });
        if address.len() > LONGEST {
            return Err(AddressError::TooLong(address.len()));
        }
        Ok(address)
    }

    /// The address to configure for an account.
    pub(crate) fn of_account(&self) -> String {
        self.address(&Subject::Account)
    }

    fn address(&self, subject: &Subject) -> String {
        let mut url = self.base.clone();
        // The base is one of http or https, which have paths.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            match subject {
                Subject::Job { parent, reference } => {
                    path.extend(["job", parent, reference]);
                }
                Subject::Account => {
                    path.push("account");
                }
            }
            if let Some(key) = self.keys.first() {
                path.push(&tag(key, subject));
            }
        }
        url.into()
    }

    /// What the address with this path is for; none when it is not one of ours.
    /// What comes before does not matter: a proxy may have added or taken it.
    pub(crate) fn subject(&self, path: &str) -> Option<Subject> {
        let mut parts = path.rsplit('/');
        let given = BASE64.decode(parts.next()?.as_bytes()).ok()?;
        let last = parts.next()?;
        let subject = if last == "account" {
            Subject::Account
        } else {
            let parent = percent_decode_str(parts.next()?).decode_utf8().ok()?;
            (parts.next()? == "job").then_some(())?;
            Subject::Job {
                parent: parent.into_owned(),
                reference: last.to_owned(),
            }
        };
        let is_ours = |key: &Key| {
            // Compares in constant time.
            given.len() == TAG_BYTES && mac(key, &subject).verify_truncated_left(&given).is_ok()
        };
        self.keys.iter().any(is_ours).then_some(subject)
    }
}

impl Subject {
    /// The job whose seed is asked for, where the address is for one.
    pub(crate) fn parent(&self) -> Option<&str> {
        match self {
            Self::Job { parent, .. } => Some(parent),
            Self::Account => None,
        }
    }

    /// Whether the job was submitted with this `replyRef`.
    pub(crate) fn has_reference(&self, reply_ref: Option<&str>) -> bool {
        match self {
            Self::Account => true,
            Self::Job { reference: own, .. } => *own == reference(reply_ref),
        }
    }
}

/// What stands for a `replyRef`. An empty one is the same as none.
fn reference(reply_ref: Option<&str>) -> String {
    let Some(reply_ref) = reply_ref.filter(|reply_ref| !reply_ref.is_empty()) else {
        return NO_REFERENCE.to_owned();
    };
    let digest = Sha256::digest(reply_ref);
    BASE64.encode(digest.get(..DIGEST_BYTES).unwrap_or(&digest))
}

fn tag(key: &Key, subject: &Subject) -> String {
    let tag = mac(key, subject).finalize().into_bytes();
    BASE64.encode(tag.get(..TAG_BYTES).unwrap_or(&tag))
}

fn mac(key: &Key, subject: &Subject) -> Hmac<Sha256> {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("a key");
    let parts = match subject {
        Subject::Job { parent, reference } => ["job", parent, reference],
        Subject::Account => ["account", "", ""],
    };
    for part in parts {
        mac.update(part.as_bytes());
        // Stands in no part: two different lists are never the same text.
        mac.update(&[0]);
    }
    mac
}

/// Why there is no address.
///
/// ```
/// # let client = useapi_seed::Client::builder("a-token").build().unwrap();
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use useapi_seed_callback::{AddressError, Key, Receiver};
///
/// let receiver = Receiver::builder(client, "ftp://example.com", Key::new([7; 32])).build();
/// assert!(matches!(receiver.err(), Some(AddressError::Base(_))));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The base is unfit, and how.
    #[error("the address that the service is to call {0}")]
    Base(String),
    /// The job's id is empty, or holds what no id has.
    #[error("jobid is no job's id")]
    JobId,
    /// The whole address has so many letters; the service takes 1024.
    #[error("the address would have {0} letters, and the service takes at most 1024")]
    TooLong(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &str = "https://example.com/hooks/";

    fn addresses(keys: &[u8]) -> Addresses {
        let keys = keys.iter().map(|byte| Key::new([*byte; 32]));
        Addresses::new(BASE, keys.collect()).unwrap()
    }

    fn path(address: &str) -> String {
        Url::parse(address).unwrap().path().to_owned()
    }

    #[test]
    fn an_address_is_known_again_and_no_other() {
        let ours = addresses(&[1]);
        let address = ours
            .of_job("2024-user:1-channel:2", Some("order 17"))
            .unwrap();
        assert!(address.starts_with(BASE), "{address}");
        let subject = ours.subject(&path(&address)).unwrap();
        let Subject::Job { parent, .. } = &subject else {
            panic!("{subject:?}");
        };
        assert_eq!(parent, "2024-user:1-channel:2");
        assert!(subject.has_reference(Some("order 17")));
        assert!(!subject.has_reference(Some("order 18")));
        assert!(!subject.has_reference(None));
        assert!(!subject.has_reference(Some("")));
        assert_eq!(
            ours.subject(&path(&ours.of_account())),
            Some(Subject::Account)
        );

        // Not with a key of before, unless it is still believed.
        assert_eq!(addresses(&[2]).subject(&path(&address)), None);
        assert_eq!(addresses(&[2, 1]).subject(&path(&address)), Some(subject));

        // Nor when any letter is another.
        for index in 0..path(&address).len() {
            let mut other = path(&address).into_bytes();
            if index <= "/hooks/".len() {
                continue;
            }
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(ours.subject(&other), None, "{other}");
        }
        for other in [
            "",
            "/",
            "/job/",
            "/account/",
            "/job/a/-/",
            "/account/AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(ours.subject(other), None, "{other}");
        }
    }

    #[test]
    fn a_part_of_a_tag_is_no_tag() {
        let ours = addresses(&[1]);
        let address = path(&ours.of_account());
        for end in address.len() - 22..address.len() {
            assert_eq!(ours.subject(&address[..end]), None);
        }
    }

    #[test]
    fn what_the_service_would_not_take_is_refused() {
        let key = || vec![Key::new([1; 32])];
        for (base, word) in [
            ("", "cannot be read"),
            ("example.com", "cannot be read"),
            ("ftp://example.com", "begin with"),
            ("https://a:b@example.com", "user name"),
            ("https://example.com/?a=b", "query"),
        ] {
            let error = Addresses::new(base, key()).err().unwrap().to_string();
            assert!(error.contains(word), "{base}: {error}");
        }
        let long = |letters| format!("https://example.com/{}", "a".repeat(letters));
        let error = Addresses::new(&long(1000), key())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("is too long"), "{error}");
        let most = (0..1000)
            .rev()
            .find(|letters| Addresses::new(&long(*letters), key()).is_ok());
        let addresses = Addresses::new(&long(most.unwrap()), key()).unwrap();
        let address = addresses
            .of_job(&"1".repeat(LONGEST_ID), Some("a"))
            .unwrap();
        assert_eq!(address.len(), LONGEST);
        let error = addresses.of_job(&"1".repeat(LONGEST_ID + 1), None);
        assert!(matches!(error, Ok(_) | Err(AddressError::TooLong(_))));
        assert_eq!(addresses.of_job("", None), Err(AddressError::JobId));
    }

    proptest! {
        #[test]
        fn any_id_and_reference_come_back(parent in r"\PC{1,40}", reply_ref in proptest::option::of(".*")) {
            let ours = addresses(&[1]);
            let address = ours.of_job(&parent, reply_ref.as_deref());
            prop_assume!(address.is_ok());
            let subject = ours.subject(&path(&address.unwrap()));
            let Some(Subject::Job { parent: found, .. }) = &subject else {
                return Err(TestCaseError::fail(format!("{subject:?}")));
            };
            prop_assert_eq!(found, &parent);
            prop_assert!(subject.unwrap().has_reference(reply_ref.as_deref()));
        }

        #[test]
        fn any_path_is_taken(path in ".*") {
            prop_assert_eq!(addresses(&[1]).subject(&path), None);
        }
    }
}
