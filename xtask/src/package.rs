//! `cargo xtask package`: what would be published.

mod raw;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cargo::{self, Cargo};

/// Makes the package of every crate that may be published, and proves that the
/// raw layer's builds by itself.
pub(crate) fn run() -> Result<()> {
    cargo::fetch()?;
    let cargo = Cargo::new(Path::new("."))?;
    let packages = publishable(&cargo)?;
    println!("packages of {} crates", packages.len());

    // All at once: cargo then takes those for published that others need.
    let mut command = vec!["package", "--no-verify", "--allow-dirty", "--quiet"];
    for package in &packages {
        command.extend(["--package", &package.name]);
    }
    cargo.run(&command)?;
    for package in &packages {
        let tarball = package.tarball(&cargo);
        let size = fs::metadata(&tarball)
            .with_context(|| format!("{} was not made", tarball.display()))?
            .len();
        println!("  {} {}, {size} bytes", package.name, package.version);
    }
    raw::prove(&cargo, &packages)
}

/// A crate of the workspace.
struct Package {
    name: String,
    version: String,
}

impl Package {
    /// The folder in its tarball.
    fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    fn tarball(&self, cargo: &Cargo) -> PathBuf {
        let file = format!("{}.crate", self.folder());
        cargo.target().join("package").join(file)
    }
}

/// The crates that have no `publish = false`.
fn publishable(cargo: &Cargo) -> Result<Vec<Package>> {
    let text = cargo.run(&["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text).context("`cargo metadata` gave no JSON")?;
    let all = metadata.get("packages").and_then(Value::as_array);
    let packages: Vec<_> = all
        .into_iter()
        .flatten()
        .filter(|package| package.get("publish").is_none_or(Value::is_null))
        .filter_map(|package| {
            let text = |key| Some(package.get(key)?.as_str()?.to_owned());
            Some(Package {
                name: text("name")?,
                version: text("version")?,
            })
        })
        .collect();
    ensure!(!packages.is_empty(), "`cargo metadata` shows no package");
    Ok(packages)
}
