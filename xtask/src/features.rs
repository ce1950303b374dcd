//! `cargo xtask features`: what each choice of TLS brings along, and what not.

use anyhow::{Result, ensure};

use crate::cargo::Cargo;

/// A feature, what it has to bring, and what it must not.
const CHOICES: [(&str, &[&str], &[&str]); 4] = [
    ("images", &[], &["rustls", "native-tls", "openssl"]),
    (
        "rustls",
        &["rustls", "aws-lc-rs"],
        &["native-tls", "openssl"],
    ),
    (
        "rustls-no-provider",
        &["rustls"],
        &["aws-lc-rs", "ring", "native-tls", "openssl"],
    ),
    (
        "native-tls",
        &["native-tls"],
        &["rustls", "aws-lc-rs", "ring"],
    ),
];

pub(crate) fn run() -> Result<()> {
    for package in ["useapi-seed-raw", "useapi-seed"] {
        for (feature, needed, forbidden) in CHOICES {
            // The raw layer has no images.
            if feature == "images" && package == "useapi-seed-raw" {
                continue;
            }
            let tree = tree(package, feature)?;
            let has = |name: &&&str| tree.lines().any(|line| line == **name);
            for name in needed {
                ensure!(has(&name), "{package} with {feature} has no {name}");
            }
            let stray: Vec<_> = forbidden.iter().filter(has).collect();
            ensure!(stray.is_empty(), "{package} with {feature} has {stray:?}");
            println!("{package}, {feature}: {} crates", tree.lines().count());
        }
    }
    without_what_it_needs()
}

/// The names of the crates that a package is built from.
fn tree(package: &str, feature: &str) -> Result<String> {
    let tree = Cargo::new(".".as_ref())?.run(&[
        "tree",
        "--package",
        package,
        "--no-default-features",
        "--features",
        feature,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{lib}",
    ])?;
    let mut names: Vec<_> = tree.lines().map(|line| line.replace('_', "-")).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.join("\n"))
}

/// Without any TLS, or without a provider of cryptography for it, there is an
/// error and no panic. Alone, since any other package would bring both.
fn without_what_it_needs() -> Result<()> {
    let cargo = Cargo::new(".".as_ref())?;
    for features in ["", "rustls-no-provider"] {
        cargo.run(&[
            "test",
            "--quiet",
            "--package",
            "useapi-seed-raw",
            "--no-default-features",
            "--features",
            features,
            "--test",
            "tls",
        ])?;
    }
    Ok(())
}
