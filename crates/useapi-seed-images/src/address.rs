//! Which hosts images may be downloaded from.
//!
//! A URL may come from anywhere and point anywhere, at a service inside the
//! caller's network too. Only public addresses are used, unless the caller allows
//! local ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Which addresses are allowed: public ones, and perhaps loopback addresses and
/// private networks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressPolicy {
    pub(crate) allow_local: bool,
}

impl AddressPolicy {
    /// Whether `url` may be requested; if not, why. Names are checked again when
    /// they are resolved, if they can be: a proxy may resolve them differently.
    pub(crate) fn check(self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("must be an http(s) URL, not {}:", url.scheme()));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            Some(Host::Domain(name)) if !self.allow_local && !is_public_name(name) => {
                Err(format!("points at {name}, which is not a public name"))
            }
            Some(Host::Domain(_)) => Ok(()),
            None => Err("has no host".to_owned()),
        }
    }

    /// Whether a redirect may be followed; if not, why.
    pub(crate) fn check_redirect(self, from: &Url, to: &Url) -> Result<(), String> {
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err("redirects from https to http".to_owned());
        }
        self.check(to)
            .map_err(|problem| format!("redirects to an address that {problem}"))
    }

    pub(crate) fn check_address(self, address: IpAddr) -> Result<(), String> {
        if is_public(address) || self.allow_local && is_local(address) {
            Ok(())
        } else {
            Err(format!(
                "points at {address}, which is not a public address"
            ))
        }
    }
}

/// Whether a name may be one of the public DNS: of several labels, and below none
/// of the domains that networks use inside (RFC 6761, 6762 with its appendix G,
/// 8375, and ICANN's `internal`).
fn is_public_name(name: &str) -> bool {
    const PRIVATE: &str =
        "corp home internal intranet invalid lan local localdomain localhost private";
    // Names in URLs are in lower case and ASCII already.
    let name = name.strip_suffix('.').unwrap_or(name);
    let top = name.rsplit('.').next();
    let has_labels = name.contains('.') && name.split('.').all(|label| !label.is_empty());
    let is_private = PRIVATE.split(' ').any(|private| Some(private) == top);
    has_labels && !is_private && name != "home.arpa" && !name.ends_with(".home.arpa")
}

/// Loopback and private networks. Not link-local addresses, at which machines in
/// data centres find their credentials.
fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether none of the IPv4 blocks for special purposes has the address (IANA's
/// registry, RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = matches!(
        address.octets(),
        // This network, reserved and broadcast; shared inside providers' networks;
        // protocol assignments; relays of 6to4; benchmarks.
        [0 | 240..=255, ..]
            | [100, 64..128, ..]
            | [192, 0, 0, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
    );
    let is_local = address.is_private() || address.is_loopback() || address.is_link_local();
    !(is_special || is_local || address.is_documentation() || address.is_multicast())
}

/// Whether an address is in the block for public hosts (`2000::/3`, except the
/// special blocks in it), or leads to a public IPv4 address by NAT64
/// (`64:ff9b::/96`) or 6to4 (`2002::/16`). So no mapped, translated, local or
/// discarded ones are.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(v4(high, low))
        }
        // Protocol assignments, Teredo and benchmarks among them; documentation.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        [first, ..] => first >> 13 == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_ONLY: AddressPolicy = AddressPolicy { allow_local: false };
    const LOCAL_TOO: AddressPolicy = AddressPolicy { allow_local: true };

    #[test]
    fn allow_local_accepts_private_networks() {
        for (link, is_allowed) in [
            ("http://127.0.0.1:5/a.png", true),
            ("http://[::1]:5/a.png", true),
            ("http://[::ffff:127.0.0.1]:5/a.png", true),
            ("http://192.168.0.1/a.png", true),
            ("http://[fc00::1]/a.png", true),
            ("http://localhost:5/a.png", true),
            ("https://162.159.128.233/a.png", true),
            ("http://169.254.169.254/a.png", false),
            ("http://[::ffff:169.254.169.254]/a.png", false),
            ("http://[fe80::1]/a.png", false),
            ("http://0.0.0.0/a.png", false),
        ] {
            let outcome = LOCAL_TOO.check(&Url::parse(link).unwrap());
            assert_eq!(outcome.is_ok(), is_allowed, "{link}");
        }
    }

    #[test]
    fn private_hosts_are_rejected_in_any_spelling() {
        for host in [
            // IPv4.
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            // IPv6.
            "[::]",
            "[::1]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:162.159.128.233]",
            "[::ffff:0:162.159.128.233]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::162.159.128.233]",
            "[100::1]",
            "[2001::1]",
            "[2001:2::1]",
            "[2001:10::1]",
            "[2001:db8::1]",
            "[2002:a00:1::]",
            "[3fff::1]",
            "[3fff:fff:ffff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            // Names.
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "ｌｏｃａｌｈｏｓｔ",
            "metadata.google.internal",
            "a.Internal.",
            "printer.local",
            "printer。local",
            "printer.LAN",
            "nas.home.arpa",
            "intranet",
            "127.0.0.1..",
            "a..com",
        ] {
            let url = Url::parse(&format!("http://{host}/a.png")).unwrap();
            assert!(PUBLIC_ONLY.check(&url).is_err(), "{host}");
        }
        for link in ["file:///etc/passwd", "data:image/png;base64,AAAA"] {
            let url = Url::parse(link).unwrap();
            assert!(PUBLIC_ONLY.check(&url).is_err(), "{link}");
        }
    }

    #[test]
    fn redirect_to_http_or_private_host_is_rejected() {
        let outcome = |from: &str, to: &str| {
            let parse = |link| Url::parse(link).unwrap();
            PUBLIC_ONLY.check_redirect(&parse(from), &parse(to))
        };
        let (secure, plain) = ("https://a.com/a.png", "http://a.com/a.png");
        assert_eq!(outcome(plain, secure), Ok(()));
        assert_eq!(outcome(plain, plain), Ok(()));
        assert_eq!(outcome(secure, secure), Ok(()));
        assert!(outcome(secure, plain).is_err());
        assert!(outcome(secure, "https://10.0.0.1/a.png").is_err());
        assert!(outcome(plain, "file:///etc/passwd").is_err());
    }

    #[test]
    fn public_hosts_are_allowed() {
        for host in [
            "cdn.discordapp.com",
            "cdn.discordapp.com.",
            "localhost.example.com",
            "notlocal.com",
            "bücher.example",
            "162.159.128.233",
            "172.32.0.1",
            "198.20.0.1",
            "[64:ff9b::162.159.128.233]",
            "[2002:a29f:80e9::]",
            "[2001:200::1]",
            "[2606:4700::1]",
            "[3fff:1000::1]",
        ] {
            let url = Url::parse(&format!("https://{host}/a.png")).unwrap();
            assert_eq!(PUBLIC_ONLY.check(&url), Ok(()));
        }
    }
}
