//! The raw layer's package by itself, away from the workspace.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Package;
use crate::SPEC;
use crate::cargo::Cargo;
use crate::lock_file;
use crate::tree;

const RAW: &str = "useapi-seed-raw";
/// What its manifest names of this workspace. All have to be there for cargo to
/// resolve anything, compiled or not: the generator, although it is optional,
/// and the emulator, although it is for its tests only.
const SIBLINGS: [&str; 2] = ["useapi-seed-codegen", "useapi-seed-emulator"];

/// Unpacks the packages into a folder, and builds the raw layer there in both
/// ways.
pub(super) fn prove(packaging: &Cargo, packages: &[Package]) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let root = folder.path();
    let raw = unpack(packaging, packages, RAW, root)?;
    println!("{raw}, unpacked");
    has_spec(&root.join(&raw))?;

    let mut manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [\"{raw}\"]\n");
    manifest.push_str("\n[patch.crates-io]\n");
    for sibling in SIBLINGS {
        let path = unpack(packaging, packages, sibling, root)?;
        writeln!(manifest, "{sibling} = {{ path = \"{path}\" }}")?;
        println!("  {path} stands in for what is not published yet");
    }
    fs::write(root.join("Cargo.toml"), manifest).context("cannot write a manifest")?;
    lock_file::lend(root)?;

    let cargo = Cargo::new(root)?;
    // Messages for programs on standard output, complaints for people still on
    // standard error.
    let format = "--message-format=json-render-diagnostics";
    let messages = cargo.run(&["build", "--quiet", format])?;
    lock_file::ensure_kept(root, &[])?;
    same_source(&messages, &root.join(&raw))?;
    println!("  builds with default features, and generates the source that it holds");

    let bare = ["--package", RAW, "--no-default-features"];
    let packages = tree::ensure_no_generator(&cargo, &bare)?;
    cargo.run(&["build", "--quiet", "--no-default-features"])?;
    println!("  builds without default features, and without a generator ({packages} packages)");
    Ok(())
}

/// Unpacks a package, and gives the name of its folder.
fn unpack(packaging: &Cargo, packages: &[Package], name: &str, into: &Path) -> Result<String> {
    let package = packages
        .iter()
        .find(|package| package.name == name)
        .with_context(|| format!("there is no package of {name}"))?;
    let tarball = package.tarball(packaging);
    let status = Command::new("tar")
        // `m`: with the present time instead of the package's, which is the
        // same in each. Cargo would take what it built of an earlier package
        // for this one's.
        .arg("-xzmf")
        .arg(&tarball)
        .arg("-C")
        .arg(into)
        .status()
        .context("cannot start tar")?;
    if !status.success() {
        bail!("cannot unpack {}: {status}", tarball.display());
    }
    Ok(package.folder())
}

/// The description is a link in the workspace. A package with a link in it
/// could not be built.
fn has_spec(package: &Path) -> Result<()> {
    let file = package.join(SPEC);
    let kind = fs::symlink_metadata(&file)
        .with_context(|| format!("the package has no {SPEC}"))?
        .file_type();
    ensure!(kind.is_file(), "{SPEC} in the package is no regular file");
    let packaged = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let workspace = fs::read(SPEC).with_context(|| format!("cannot read {SPEC}"))?;
    ensure!(
        packaged == workspace,
        "{SPEC} in the package is not the workspace's"
    );
    println!("  holds {SPEC}, a regular file equal to the workspace's");
    Ok(())
}

/// Compares what the build script wrote with what the package holds.
fn same_source(messages: &str, package: &Path) -> Result<()> {
    let generated = out_dir(messages)
        .context("the build script of the package did not run")?
        .join("generated.rs");
    let checked_in = package.join("src/generated.rs");
    let read =
        |file: &Path| fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    ensure!(
        read(&generated)? == read(&checked_in)?,
        "{} and {} are not the same",
        generated.display(),
        checked_in.display()
    );
    Ok(())
}

/// Where the raw layer's build script wrote to, by cargo's messages.
fn out_dir(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message
                .get("reason")
                .is_some_and(|it| it == "build-script-executed")
        })
        .find(|message| {
            let id = message.get("package_id").and_then(Value::as_str);
            id.is_some_and(|id| id.contains(RAW))
        })
        .and_then(|message| Some(message.get("out_dir")?.as_str()?.into()))
}
