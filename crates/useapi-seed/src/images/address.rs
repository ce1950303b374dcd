//! Which hosts images are fetched from.
//!
//! A link comes from an answer, so it could point anywhere: at a service inside
//! the caller's network too. Only public addresses are fetched from, unless the
//! API itself is on loopback, as the emulator is.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use url::{Host, Url};

const REDIRECTS: usize = 5;

/// The rule: public addresses only, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    Public,
    Any,
}

impl Addresses {
    /// Any, exactly when the API's base is on loopback.
    pub(super) fn for_api(base_url: &str) -> Self {
        if is_loopback(base_url) {
            Self::Any
        } else {
            Self::Public
        }
    }

    /// Whether `url` may be fetched; if not, why. Names are looked at again
    /// when they are resolved.
    pub(super) fn check(self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("begins with {}:, not with https:", url.scheme()));
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err("names no host".to_owned()),
        };
        if self.allows(address) {
            Ok(())
        } else {
            Err(format!(
                "points at {address}, which is not a public address"
            ))
        }
    }

    pub(super) fn redirects(self) -> Policy {
        Policy::custom(move |attempt: Attempt<'_>| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error(format!("more than {REDIRECTS} redirects"));
            }
            match self.check(attempt.url()) {
                Ok(()) => attempt.follow(),
                Err(fault) => attempt.error(format!("the redirect {fault}")),
            }
        })
    }

    fn allows(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }
}

/// Whether a base URL leads to this machine only.
pub(crate) fn is_loopback(base_url: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = *self;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| rule.allows(address.ip()))
                .collect();
            if found.is_empty() {
                let fault = format!("{} has no public address", name.as_str());
                return Err(Box::<dyn StdError + Send + Sync>::from(fault));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4() {
            // Mapped and compatible addresses reach the same hosts.
            Some(address) => is_public_v4(address),
            None => {
                !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_multicast())
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // 100.64.0.0/10 is shared inside providers' networks (RFC 6598).
    let is_shared = first == 100 && (64..128).contains(&second);
    !(first == 0
        || is_shared
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_local_api_allows_local_images() {
        for (api, rule) in [
            ("https://api.useapi.net/v2", Addresses::Public),
            ("http://192.168.1.5/v2", Addresses::Public),
            ("http://localhost.example.com/v2", Addresses::Public),
            ("http://127.0.0.1:80/v2", Addresses::Any),
            ("http://[::1]:80/v2", Addresses::Any),
            ("http://localhost:80/v2", Addresses::Any),
        ] {
            assert_eq!(Addresses::for_api(api), rule, "{api}");
        }
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        for link in [
            "http://127.0.0.1/a.png",
            "http://2130706433/a.png",
            "http://0/a.png",
            "http://10.0.0.1/a.png",
            "http://172.16.0.1/a.png",
            "http://192.168.0.1/a.png",
            "http://169.254.169.254/a.png",
            "http://100.64.0.1/a.png",
            "http://[::1]/a.png",
            "http://[::ffff:127.0.0.1]/a.png",
            "http://[fc00::1]/a.png",
            "http://[fe80::1]/a.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
        ] {
            let url = Url::parse(link).unwrap();
            assert!(Addresses::Public.check(&url).is_err(), "{link}");
        }
        for link in [
            "https://cdn.discordapp.com/a.png",
            "https://162.159.128.233/a.png",
        ] {
            assert_eq!(Addresses::Public.check(&Url::parse(link).unwrap()), Ok(()));
        }
    }

    #[tokio::test]
    async fn names_of_private_addresses_are_refused_too() {
        let name = "localhost".parse().unwrap();
        assert!(Addresses::Public.resolve(name).await.is_err());
        let name = "localhost".parse().unwrap();
        assert!(Addresses::Any.resolve(name).await.is_ok());
    }
}
