//! What the command prints, word for word: sessions at a shell, against the
//! emulator.
//!
//! After a change that is meant: `TRYCMD=overwrite cargo test -p useapi-seed-cli
//! --test session`, and look at the difference.

#![allow(clippy::unwrap_used, reason = "tests state their expectations with it")]
// The paths in them, and how a shell quotes, are Unix's.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use trycmd::TestCases;
use useapi_seed_emulator::Emulator;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/session");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

#[tokio::test]
async fn sessions_print_expected_output() {
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        assert!(std::env::var_os(name).is_none(), "{name} is set");
    }
    // Called by its name alone, as it is when installed.
    let binary = Path::new(env!("CARGO_BIN_EXE_useapi-seed"));
    std::env::set_current_dir(binary.parent().unwrap()).unwrap();
    let files = fs::read_dir(FOLDER).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files
        .iter()
        .map(PathBuf::as_path)
        .chain([Path::new(README)])
    {
        session(file).await;
    }
}

/// Runs a file's commands one after the other, in a folder of its own, since they
/// write files.
async fn session(file: &Path) {
    // A minute passes in a tenth of a second.
    let emulator = Emulator::builder().time_scale(600.0).start().await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let copy = scratch.path().join(file.file_name().unwrap());
    fs::copy(file, &copy).unwrap();
    fs::create_dir(copy.with_extension("in")).unwrap();
    let mut path = std::env::current_dir().unwrap().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    TestCases::new()
        .register_bin("useapi-seed", Path::new("useapi-seed"))
        .env("PATH", path.to_str().unwrap())
        .env("HOME", "/dev/null")
        .env("XDG_CONFIG_HOME", settings(&emulator, scratch.path()))
        .env("XDG_STATE_HOME", "/dev/null")
        .env("TMPDIR", scratch.path().to_str().unwrap())
        .insert_var("[URL]", emulator.base_url().to_owned())
        .unwrap()
        .insert_var("[SETTINGS]", settings(&emulator, scratch.path()))
        .unwrap()
        .case(&copy)
        .run();
    if std::env::var_os("TRYCMD").is_some() {
        fs::copy(copy, file).unwrap();
    }
}

/// In files, so that a session can set others in the environment.
fn settings(emulator: &Emulator, scratch: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;

    let folder = scratch.join("settings/useapi-seed");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("base_url = \"{}\"\ninterval = 0.01\n", emulator.base_url());
    fs::write(folder.join("config.toml"), config).unwrap();
    let token = folder.join("token");
    fs::write(&token, emulator.token()).unwrap();
    fs::set_permissions(token, fs::Permissions::from_mode(0o600)).unwrap();
    scratch.join("settings").to_str().unwrap().to_owned()
}
