//! Option over environment over file, and the token.

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

/// Value and origin of a setting.
fn setting(run: Run, name: &str) -> (String, String) {
    let run = run.exit_code(0);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    let settings = printed["settings"].as_array().unwrap();
    let row = settings.iter().find(|row| row["name"] == name).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    (text(&row["value"]), text(&row["origin"]))
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
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    let (option, variable) = ("--base-url", ("USEAPI_BASE_URL", "http://127.0.0.1:2"));
    let default = pair("https://api.useapi.net/v2", "default");
    assert_eq!(base_url(&[], &[]), default);
    write_config(dir, "base_url = \"http://127.0.0.1:1\"\n");
    assert_eq!(base_url(&[], &[]), pair("http://127.0.0.1:1", config));
    assert_eq!(
        base_url(&[], &[variable]),
        pair("http://127.0.0.1:2", "USEAPI_BASE_URL in the environment")
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
    for (text, words) in [
        ("intervall = 5", "has intervall, which is no setting"),
        ("interval = -5", "interval in "),
        ("interval = [5]", "neither a text nor a number"),
        ("at_once = 0", "a whole number above zero"),
        ("token = \"abc\"", "a file of its own"),
        ("base_url", "config.toml, line 1: "),
        (
            "into = \"a\"\ntoken = emulator-token",
            "config.toml, line 2: ",
        ),
        (
            "base_url = \"http://u:secret@127.0.0.1\"",
            "user name or password",
        ),
    ] {
        write_config(dir, text);
        run(dir, &["config"], &[]).exit_code(2).reported(words);
    }
    write_config(dir, "");
    for (name, value) in [("USEAPI_INTERVAL", "soon"), ("USEAPI_AT_ONCE", "1.5")] {
        run(dir, &["config"], &[(name, value)])
            .exit_code(2)
            .reported(&format!("{name}: it has to be"));
    }
    // An option goes over what is wrong in the environment.
    let at_once = [
        "fetch",
        "5",
        "--jobs",
        "2",
        "--base-url",
        "http://127.0.0.1:9",
    ];
    run(
        dir,
        &at_once,
        &[("USEAPI_AT_ONCE", "zero"), ("USEAPI_TOKEN", "t")],
    )
    .exit_code(7);
    // A token for a configuration file is not shown.
    write_token(&dir.join("token"), TOKEN, 0o600);
    run(dir, &["config", "--config", "token"], &[]).exit_code(2);
    run(dir, &["config", "--config", "none.toml"], &[])
        .exit_code(2)
        .reported("cannot read none.toml");
}

#[test]
fn file_paths_are_relative_to_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write_config(dir, "into = \"pictures\"\ninterval = 2.5");
    let arguments = ["config", "--json"];
    let (into, _) = setting(run(dir, &arguments, &[]), "into");
    assert_eq!(Path::new(&into), dir.join("xdg/useapi-seed/pictures"));
    let (interval, _) = setting(run(dir, &arguments, &[]), "interval");
    assert_eq!(interval, "2.5 s");
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
    let (value, origin) = token(&[], &[]);
    assert_eq!(value, "null");
    assert!(origin.starts_with("USEAPI_TOKEN is not set"), "{origin}");

    write_token(&own, &format!("{TOKEN}\n"), 0o600);
    let (value, origin) = token(&[], &[]);
    // Enough to tell which one it is.
    assert_eq!(
        (value.as_str(), Path::new(&origin)),
        ("emul…", own.as_path())
    );
    let (_, origin) = token(&[], &[("USEAPI_TOKEN", TOKEN)]);
    assert_eq!(origin, "USEAPI_TOKEN in the environment");
    let other = dir.join("other");
    write_token(&other, TOKEN, 0o400);
    let (_, origin) = token(&[], &[("USEAPI_TOKEN_FILE", "other")]);
    assert_eq!(origin, "other");
    let (_, origin) = token(&["--token-file", "other"], &[("USEAPI_TOKEN", TOKEN)]);
    assert_eq!(origin, "other");
}

#[cfg(unix)]
#[test]
fn readable_token_file_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        write_token(&dir.join("a token"), TOKEN, mode);
        let refused = run(dir, &["jobs", "--token-file", "a token"], &[])
            .exit_code(2)
            .reported("is open to others");
        assert_eq!(refused.suggested_command(), "chmod 600 'a token'");
    }
    write_token(&dir.join("empty"), " \n", 0o600);
    for (file, words) in [
        ("empty", "is empty"),
        ("xyz", "cannot read"),
        (".", "is not a regular file"),
    ] {
        run(dir, &["jobs", "--token-file", file], &[])
            .exit_code(2)
            .reported(words);
    }
}

/// The token of a file is sent as it stands there.
#[test]
fn token_file_is_enough() {
    let setup = Setup::running();
    write_token(
        &setup.path("xdg/useapi-seed/token"),
        setup.emulator.token(),
        0o600,
    );
    write_config(
        setup.dir(),
        &format!("base_url = \"{}\"", setup.emulator.base_url()),
    );
    let none_executing = run(setup.dir(), &["jobs"], &[]).exit_code(0);
    assert_eq!(none_executing.stderr, "no jobs are executing\n");
}
