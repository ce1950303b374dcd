//! `cargo xtask dist`: the command as others get it.

use std::env::consts::EXE_SUFFIX;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, HeaderMode};

use crate::cargo::Cargo;

const PROGRAM: &str = "useapi-seed";
/// Where the archive goes.
const FOLDER: &str = "target/archives";
/// What a program of one purpose may weigh.
const LARGEST: u64 = 15 << 20;
const STARTS: u32 = 51;
/// What stands beside the program, from the root.
const DOCUMENTS: [&str; 4] = [
    "crates/useapi-seed-cli/README.md",
    "crates/useapi-seed-cli/LICENSE-APACHE",
    "crates/useapi-seed-cli/LICENSE-MIT",
    "crates/useapi-seed-cli/NOTICE",
];
/// Shells, and what each calls the file with its completions.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "useapi-seed.bash"),
    ("elvish", "useapi-seed.elv"),
    ("fish", "useapi-seed.fish"),
    ("powershell", "_useapi-seed.ps1"),
    ("zsh", "_useapi-seed"),
];

pub(crate) fn run() -> Result<()> {
    let target = std::path::absolute("target").context("the current folder has no path")?;
    Cargo::new(".".as_ref())?
        .online()
        .into_folder(&target)
        .run(&[
            "build",
            "--profile",
            "dist",
            "--package",
            "useapi-seed-cli",
            "--locked",
        ])?;
    let program = target.join("dist").join(format!("{PROGRAM}{EXE_SUFFIX}"));
    let size = program.metadata().context("there is no program")?.len();
    ensure!(
        size <= LARGEST,
        "the program has {size} bytes, more than {LARGEST}"
    );

    let name = format!("{PROGRAM}-{}-{}", env!("CARGO_PKG_VERSION"), platform()?);
    let root = Path::new(FOLDER).join(&name);
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("cannot empty {}", root.display()))?;
    }
    fill(&root, &program)?;
    let archive = pack(&root, &name)?;
    let packed = archive.metadata()?.len();

    println!("{}", archive.display());
    println!(
        "program: {:.1} MiB; archive: {:.1} MiB",
        mebi(size),
        mebi(packed)
    );
    println!(
        "--help, half of {STARTS} starts: within {:.1?}",
        start(&program)?
    );
    Ok(())
}

/// The platform that is built for, as Rust calls it.
fn platform() -> Result<String> {
    let output = Command::new("rustc")
        .args(["--version", "--verbose"])
        .output();
    let output = output.context("cannot start rustc")?;
    ensure!(output.status.success(), "rustc does not tell its version");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

fn fill(root: &Path, program: &Path) -> Result<()> {
    let completions = root.join("completions");
    fs::create_dir_all(&completions).context("cannot make the folder")?;
    let name = program.file_name().context("no name")?;
    fs::copy(program, root.join(name)).context("cannot copy the program")?;
    for document in DOCUMENTS {
        let name = Path::new(document).file_name().context("no name")?;
        fs::copy(document, root.join(name)).with_context(|| format!("cannot copy {document}"))?;
    }
    for (shell, file) in COMPLETIONS {
        let output = Command::new(program)
            .args(["completions", shell])
            .output()?;
        ensure!(output.status.success(), "no completions for {shell}");
        fs::write(completions.join(file), output.stdout)?;
    }
    let made = Command::new(program)
        .args(["man", "--dir"])
        .arg(root.join("man/man1"))
        .status()?;
    ensure!(made.success(), "no manual pages");
    Ok(())
}

/// The same bytes for the same files, whoever packs them and when.
fn pack(root: &Path, name: &str) -> Result<PathBuf> {
    let path = Path::new(FOLDER).join(format!("{name}.tar.gz"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut archive = Builder::new(GzEncoder::new(file, Compression::best()));
    archive.mode(HeaderMode::Deterministic);
    let mut entries: Vec<_> = walkdir::WalkDir::new(root)
        .into_iter()
        .collect::<Result<_, _>>()?;
    entries.sort_by(|one, other| one.path().cmp(other.path()));
    for entry in entries.iter().filter(|entry| entry.file_type().is_file()) {
        let inside = Path::new(name).join(entry.path().strip_prefix(root)?);
        archive.append_path_with_name(entry.path(), inside)?;
    }
    archive.into_inner()?.finish()?;
    Ok(path)
}

/// How long half of the starts take at most, once the program is in memory.
fn start(program: &Path) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let status = Command::new(program)
            .arg("--help")
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "--help failed");
        times.push(begun.elapsed());
    }
    times.sort();
    times.get(times.len() / 2).copied().context("no starts")
}

#[allow(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn mebi(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
