//! TLS by rustls without a provider of cryptography: an error, and no panic.
//!
//! `cargo test -p useapi-seed-raw --no-default-features --features
//! rustls-no-provider --test no_provider`

use useapi_seed_raw::{BuildError, Client};

#[test]
fn a_missing_provider_is_said_to_be_missing() {
    let error = Client::new("a-token").err();
    assert!(
        matches!(error, Some(BuildError::NoCryptoProvider)),
        "{error:?}"
    );
}
