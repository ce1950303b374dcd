//! Errors of a client that is built without TLS support: typed, immediate and not
//! a panic or a network error.
//!
//! Run by `.ci/run`:
//! `cargo test -p useapi-seed-raw --no-default-features --test tls`, and the same
//! with `--features rustls-no-provider`.

#![cfg(not(any(feature = "rustls", feature = "native-tls")))]

use useapi_seed_raw::{BuildError, Client};

#[test]
#[cfg(feature = "rustls-no-provider")]
fn missing_crypto_provider_is_an_error() {
    let error = Client::new("a-token").err();
    assert!(
        matches!(error, Some(BuildError::NoCryptoProvider)),
        "{error:?}"
    );
}

#[test]
#[cfg(not(feature = "rustls-no-provider"))]
fn without_tls_only_http_is_supported() {
    let error = Client::new("a-token").err();
    assert!(matches!(error, Some(BuildError::NoTls)), "{error:?}");
    let plain = Client::builder("a-token").base_url("http://127.0.0.1:1/v2");
    assert!(plain.build().is_ok());
}
