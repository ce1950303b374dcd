//! Settings, their precedence, and the token.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::{CommandExt, Run, Setup, command};

const TOKEN: &str = "emulator-token-that-is-long-enough";

fn write_config(dir: &Path, text: &str) {
    let dir = dir.join("xdg/useapi-seed");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.toml"), text).unwrap();
}

fn write_token(path: &Path, token: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, token).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn run(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    command(dir)
        .env("XDG_CONFIG_HOME", dir.join("xdg"))
        .args(arguments)
        .envs(environment.iter().copied())
        .run()
}

/// Value and source of a setting.
fn setting(run: Run, name: &str) -> (String, String) {
    let run = run.exit_code(0);
    let mut rows = run.stdout.lines();
    let row = rows.find_map(|row| {
        let row: Value = serde_json::from_str(row).unwrap();
        (row["name"] == name).then_some(row)
    });
    let row = row.unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    (text(&row["value"]), text(&row["source"]))
}

#[test]
fn option_overrides_environment_and_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let config = dir.join("xdg/useapi-seed/config.toml");
    let config = config.to_str().unwrap();
    let base_url = |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments = [&["config", "--json"][..], arguments].concat();
        setting(run(dir, &arguments, environment), "base_url")
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let (option, variable) = ("--base-url", ("USEAPI_BASE_URL", "http://127.0.0.1:2"));
    let default = pair("https://api.useapi.net/v2", "default");
    assert_eq!(base_url(&[], &[]), default);
    write_config(dir, "base_url = \"http://127.0.0.1:1\"\n");
    assert_eq!(base_url(&[], &[]), pair("http://127.0.0.1:1", config));
    assert_eq!(
        base_url(&[], &[variable]),
        pair("http://127.0.0.1:2", "USEAPI_BASE_URL")
    );
    assert_eq!(
        base_url(&[option, "http://127.0.0.1:3"], &[variable]),
        pair("http://127.0.0.1:3", "--base-url")
    );
    // What is empty is not set.
    assert_eq!(
        base_url(&[], &[("USEAPI_BASE_URL", "")]),
        pair("http://127.0.0.1:1", config)
    );
}

#[test]
fn invalid_settings_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (text, message) in [
        ("into = \"a\"", "unknown setting `into` in "),
        (
            "at_once = 2",
            "Valid settings: base_url, token_file, key_file, dir, ",
        ),
        ("interval = -5", "`interval` in "),
        (
            "interval = \"soon\"",
            "expected a positive duration such as 30s or 5m",
        ),
        ("interval = [5]", "must be a string or a number"),
        ("jobs = 0", "expected a positive integer"),
        ("token = \"abc\"", "must not contain a token"),
        ("[profile.a]\ntoken = \"abc\"", "must not contain a token"),
        ("[profile.a]\nfoo = 1", "unknown setting `foo` in "),
        ("profile = 5", "config.toml, line 1: "),
        ("base_url", "config.toml, line 1: "),
        (
            "dir = \"a\"\ntoken = emulator-token",
            "config.toml, line 2: ",
        ),
        (
            "base_url = \"http://u:secret@127.0.0.1\"",
            "user name or password",
        ),
    ] {
        write_config(dir, text);
        run(dir, &["config"], &[]).exit_code(2).reported(message);
    }
    write_config(dir, "");
    for (name, value, message) in [
        (
            "USEAPI_INTERVAL",
            "soon",
            "USEAPI_INTERVAL: expected a positive duration",
        ),
        (
            "USEAPI_JOBS",
            "1.5",
            "USEAPI_JOBS: expected a positive integer",
        ),
        ("USEAPI_BASE_URL", "x", "USEAPI_BASE_URL is not a valid URL"),
    ] {
        run(dir, &["config"], &[(name, value)])
            .exit_code(2)
            .reported(message);
    }
    // An option overrides what is invalid in the environment.
    let base_url = ["config", "--base-url", "http://127.0.0.1:9"];
    run(dir, &base_url, &[("USEAPI_BASE_URL", "x")]).exit_code(0);
    // A token for a configuration file is not shown.
    write_token(&dir.join("token"), TOKEN, 0o600);
    run(dir, &["config", "--config", "token"], &[]).exit_code(2);
    run(dir, &["config", "--config", "none.toml"], &[])
        .exit_code(2)
        .reported("cannot read none.toml");
}

#[test]
fn profile_overrides_top_level() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write_config(
        dir,
        "dir = \"a\"\njobs = 5\n[profile.work]\ndir = \"b\"\n[profile.slow]\ninterval = \"1m\"",
    );
    let value = |arguments: &[&str], environment: &[(&str, &str)], name: &str| {
        let arguments = [&["config", "--json"][..], arguments].concat();
        setting(run(dir, &arguments, environment), name).0
    };
    let [work, slow] = ["work", "slow"].map(|name| ["--profile", name]);
    let environment = [("USEAPI_PROFILE", "work")];
    assert!(value(&[], &[], "dir").ends_with("useapi-seed/a"));
    assert!(value(&work, &[], "dir").ends_with("useapi-seed/b"));
    assert!(value(&[], &environment, "dir").ends_with("useapi-seed/b"));
    assert!(value(&slow, &environment, "dir").ends_with("useapi-seed/a"));
    assert_eq!(value(&slow, &[], "interval"), "1m");
    assert_eq!(value(&work, &[], "jobs"), "5");
    assert_eq!(value(&work, &[("USEAPI_DIR", "c")], "dir"), "c");

    let shown = |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments = [&["config", "--json"][..], arguments].concat();
        setting(run(dir, &arguments, environment), "profile")
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(shown(&[], &[]), pair("null", "default"));
    assert_eq!(shown(&slow, &environment), pair("slow", "--profile"));
    assert_eq!(shown(&[], &environment), pair("work", "USEAPI_PROFILE"));
    run(dir, &["config", "--profile", "none"], &[])
        .exit_code(2)
        .reported("unknown profile `none` in ")
        .reported("Known profiles: slow, work");
}

#[test]
fn file_paths_are_relative_to_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write_config(dir, "dir = \"images\"\ninterval = 2.5");
    let arguments = ["config", "--json"];
    let (images, _) = setting(run(dir, &arguments, &[]), "dir");
    assert_eq!(Path::new(&images), dir.join("xdg/useapi-seed/images"));
    let (interval, _) = setting(run(dir, &arguments, &[]), "interval");
    assert_eq!(interval, "2s 500ms");
}

#[test]
fn token_is_read_from_environment_or_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let own = dir.join("xdg/useapi-seed/token");
    let token = |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments = [&["config", "--json"][..], arguments].concat();
        setting(run(dir, &arguments, environment), "token")
    };
    let (value, source) = token(&[], &[]);
    assert_eq!(value, "null");
    assert!(
        source.starts_with("no API token: USEAPI_TOKEN is not set"),
        "{source}"
    );

    write_token(&own, &format!("{TOKEN}\n"), 0o600);
    let (value, source) = token(&[], &[]);
    // Enough to recognize it.
    assert_eq!(
        (value.as_str(), Path::new(&source)),
        ("emul…", own.as_path())
    );
    let (_, source) = token(&[], &[("USEAPI_TOKEN", TOKEN)]);
    assert_eq!(source, "USEAPI_TOKEN");
    let other = dir.join("other");
    write_token(&other, TOKEN, 0o400);
    let (_, source) = token(&[], &[("USEAPI_TOKEN_FILE", "other")]);
    assert_eq!(source, "other");
    let (_, source) = token(&["--token-file", "other"], &[("USEAPI_TOKEN", TOKEN)]);
    assert_eq!(source, "other");
}

#[cfg(unix)]
#[test]
fn readable_token_file_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        write_token(&dir.join("a token"), TOKEN, mode);
        run(dir, &["jobs", "--token-file", "a token"], &[])
            .exit_code(2)
            .reported(&format!("permissions of a token are too open ({mode:04o})"))
            .reported("Fix: chmod 600 'a token'\n");
    }
    write_token(&dir.join("empty"), " \n", 0o600);
    for (file, message) in [
        ("empty", "is empty"),
        ("xyz", "cannot read"),
        (".", "is not a regular file"),
    ] {
        run(dir, &["jobs", "--token-file", file], &[])
            .exit_code(2)
            .reported(message);
    }
}

#[test]
fn token_file_is_enough() {
    let setup = Setup::running();
    let token = setup.emulator.token();
    write_token(&setup.path("xdg/useapi-seed/token"), token, 0o600);
    let config = format!("base_url = \"{}\"", setup.emulator.base_url());
    write_config(setup.dir(), &config);
    run(setup.dir(), &["jobs"], &[]).exit_code(0);
}
