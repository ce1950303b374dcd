//! URLs of images on Discord's CDN.

use std::time::{Duration, SystemTime};

use url::Url;

/// Whether the image is sent over a network unencrypted.
pub(crate) fn is_unencrypted(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| useapi_seed_raw::is_unencrypted(&url))
}

/// When a URL expires: `ex` is a Unix time in hexadecimal digits.
pub(crate) fn expires_at(url: &str) -> Option<SystemTime> {
    let url = Url::parse(url).ok()?;
    let (_, digits) = url.query_pairs().find(|(name, _)| name == "ex")?;
    // `from_str_radix` accepts a sign.
    if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let seconds = u64::from_str_radix(&digits, 16).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expiry_is_parsed_from_ex_only() {
        for (query, second) in [
            ("ex=65db8660&is=65da34e0&hm=0a&", Some(0x65db_8660)),
            ("is=1&ex=65DB8660", Some(0x65db_8660)),
            ("ex=0", Some(0)),
            ("ex=", None),
            ("ex", None),
            ("EX=65db8660", None),
            ("ex=%2B65db8660", None),
            ("ex=-1", None),
            ("ex=0x65db8660", None),
            ("ex=ffffffffffffffff", None),
            ("ex=10000000000000000", None),
            ("", None),
        ] {
            let link = format!("https://cdn.discordapp.com/attachments/1/2/a.png?{query}");
            let expected =
                second.map(|second| SystemTime::UNIX_EPOCH + Duration::from_secs(second));
            assert_eq!(expires_at(&link), expected, "{query}");
        }
        assert_eq!(expires_at("/a.png?ex=65db8660"), None);
    }

    #[test]
    fn http_to_another_machine_is_unencrypted() {
        for (link, expected) in [
            ("http://cdn.discordapp.com/a.png", true),
            ("HTTP://10.0.0.1/a.png", true),
            ("https://cdn.discordapp.com/a.png", false),
            ("http://127.0.0.1:5/a.png", false),
            ("http://[::1]:5/a.png", false),
            ("http://localhost/a.png", false),
            ("http://images.localhost./a.png", false),
            ("not a URL", false),
        ] {
            assert_eq!(is_unencrypted(link), expected, "{link}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_accepted(link in ".*", value in "[0-9a-fA-F]{0,20}|.*") {
            let _ = expires_at(&link);
            let _ = expires_at(&format!("https://cdn.discordapp.com/a.png?ex={value}"));
        }

        #[test]
        fn any_second_is_parsed(second: u32) {
            let link = format!("https://cdn.discordapp.com/a.png?ex={second:x}&is=0");
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second.into());
            prop_assert_eq!(expires_at(&link), Some(time));
        }
    }
}
