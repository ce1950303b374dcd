//! Which hosts images are fetched from.
//!
//! A link comes from an answer, so it could point anywhere: at a service inside
//! the caller's network too. Only public addresses are fetched from; local ones
//! too where the API itself is on loopback, as the emulator is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::redirect::{Attempt, Policy};
use url::{Host, Url};

const REDIRECTS: usize = 5;

/// The rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    /// Public addresses only.
    Public,
    /// Those of this machine and of private networks too.
    Local,
}

impl Addresses {
    /// Local ones, exactly when the API's base is on loopback.
    pub(super) fn for_api(is_loopback: bool) -> Self {
        if is_loopback {
            Self::Local
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

    pub(super) fn allows(self, address: IpAddr) -> bool {
        is_public(address) || self == Self::Local && is_local(address)
    }
}

/// Loopback and private networks. Not link-local addresses, at which machines in
/// data centres find their credentials.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(address) => is_local(IpAddr::V4(address)),
            None => address.is_loopback() || address.is_unique_local(),
        },
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => embedded_v4(address).map_or_else(
            || {
                // fec0::/10 was for sites, before fc00::/7.
                let is_site_local = address.segments()[0] & 0xffc0 == 0xfec0;
                !(is_site_local
                    || address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_multicast())
            },
            is_public_v4,
        ),
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped or compatible, by
/// NAT64 (`64:ff9b::/96`) or by 6to4 (`2002::/16`).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        // These two look like compatible addresses, and are none.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        _ => address.to_ipv4(),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = match (first, second, third) {
        // This network; shared inside providers' networks (RFC 6598); protocol
        // assignments; benchmarks (RFC 2544); reserved.
        (0 | 240.., _, _) | (100, 64..128, _) | (192, 0, 0) | (198, 18..20, _) => true,
        _ => false,
    };
    !(is_special
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_api_allows_this_machine_but_no_link_local_addresses() {
        for (link, is_allowed) in [
            ("http://127.0.0.1:5/a.png", true),
            ("http://[::1]:5/a.png", true),
            ("http://192.168.0.1/a.png", true),
            ("http://[fc00::1]/a.png", true),
            ("https://162.159.128.233/a.png", true),
            ("http://169.254.169.254/a.png", false),
            ("http://[::ffff:169.254.169.254]/a.png", false),
            ("http://[fe80::1]/a.png", false),
            ("http://0.0.0.0/a.png", false),
        ] {
            let outcome = Addresses::Local.check(&Url::parse(link).unwrap());
            assert_eq!(outcome.is_ok(), is_allowed, "{link}");
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
            "http://[fec0::1]/a.png",
            "http://[64:ff9b::10.0.0.1]/a.png",
            "http://[2002:a00:1::]/a.png",
            "http://198.18.0.1/a.png",
            "http://255.255.255.255/a.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
        ] {
            let url = Url::parse(link).unwrap();
            assert!(Addresses::Public.check(&url).is_err(), "{link}");
        }
        for link in [
            "https://cdn.discordapp.com/a.png",
            "https://162.159.128.233/a.png",
            "https://[64:ff9b::162.159.128.233]/a.png",
            "https://[2606:4700::1]/a.png",
        ] {
            assert_eq!(Addresses::Public.check(&Url::parse(link).unwrap()), Ok(()));
        }
    }
}
