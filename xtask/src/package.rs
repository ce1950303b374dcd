//! What would be published.

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
