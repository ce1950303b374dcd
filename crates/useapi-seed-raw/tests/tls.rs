//! What a client says when it is built without what it needs for TLS: an error at
//! once, no panic, and nothing that looks like a error of the network.
//!
//! `cargo test -p useapi-seed-raw --no-default-features --test tls`, and the same
//! with `--features rustls-no-provider`; so does `cargo xtask features`.

#![cfg(not(any(feature = "rustls", feature = "native-tls")))]

use useapi_seed_raw::{BuildError, Client};

#[test]
#[cfg(feature = "rustls-no-provider")]
fn a_missing_provider_is_said_to_be_missing() {
    let error = Client::new("a-token").err();
    assert!(
        matches!(error, Some(BuildError::NoCryptoProvider)),
        "{error:?}"
    );
}

#[test]
#[cfg(not(feature = "rustls-no-provider"))]
fn without_any_tls_only_http_is_taken() {
    let error = Client::new("a-token").err();
    assert!(matches!(error, Some(BuildError::NoTls)), "{error:?}");
    let plain = Client::builder("a-token").base_url("http://127.0.0.1:1/v2");
    assert!(plain.build().is_ok());
}
