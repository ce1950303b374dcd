//! What would be published.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::codegen::GENERATED;
use crate::{SPEC, build};

/// Makes the package of each crate, and lets cargo build each from its package, with
/// those of the others in place of a registry.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let target = build::target()?;
    // What they depend on is shared with the workspace.
    let _target = sh.push_env("CARGO_TARGET_DIR", &target);
    remove_earlier(sh)?;
    let private = ["--exclude", "xtask", "--exclude", "useapi-seed-tests"];
    cmd!(
        sh,
        "cargo package --workspace {private...} --allow-dirty --quiet"
    )
    .run()?;

    // The raw layer once more, without a generator.
    let raw = ["codegen", "emulator", "raw"].map(|name| format!("--package=useapi-seed-{name}"));
    cmd!(
        sh,
        "cargo package {raw...} --no-default-features --allow-dirty --quiet"
    )
    .run()?;

    // The spec is a link in the workspace.
    for (packaged, file) in [(SPEC, SPEC), ("src/generated.rs", GENERATED)] {
        let raw = format!("useapi-seed-raw-{}", env!("CARGO_PKG_VERSION"));
        let package = target.join(format!("package/{raw}.crate"));
        let content = cmd!(sh, "tar -xzOf {package} {raw}/{packaged}")
            .output()?
            .stdout;
        ensure!(
            content == sh.read_binary_file(file)?,
            "{packaged} in {raw} is not {file}"
        );
    }
    Ok(())
}

/// Removes what cargo has unpacked and built from earlier packages of this version: it
/// does both once for each version, and would take the earlier source again.
fn remove_earlier(sh: &Shell) -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.unwrap_or_default().join("registry/src");
    let mut found = false;
    for registry in sh.read_dir(sources).unwrap_or_default() {
        for package in sh.read_dir(registry)? {
            let name = package.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("useapi-seed-") {
                sh.remove_path(&package)?;
                found = true;
            }
        }
    }
    if found {
        cmd!(sh, "cargo clean --workspace --quiet").run()?;
    }
    Ok(())
}
