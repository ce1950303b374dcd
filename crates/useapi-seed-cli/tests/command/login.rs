//! `login` and `logout`.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, tcgetattr};
use useapi_seed_emulator::{Emulator, Fault, Operation};

use crate::process::{CommandExt, Run, Setup, closed_url, command, wait_until};

const CONFIG: &str = "xdg/useapi-seed";

fn cli(setup: &Setup, line: &str) -> Command {
    cli_at(setup, setup.emulator.base_url(), line)
}

/// Without a token in the environment.
fn cli_at(setup: &Setup, base_url: &str, line: &str) -> Command {
    let mut command = command(setup.dir());
    command
        .line(line)
        .env("XDG_CONFIG_HOME", setup.path("xdg"))
        .env("USEAPI_BASE_URL", base_url);
    command
}

fn with_stdin(mut command: Command, text: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    Run::of(child.wait_with_output().unwrap())
}

#[track_caller]
fn assert_saved(path: &Path, token: &str) {
    assert_eq!(fs::read_to_string(path).unwrap(), format!("{token}\n"));
    assert_eq!(
        fs::metadata(path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn hidden_prompt_saves_token() {
    let setup = Setup::running();
    let token = setup.emulator.token();
    let terminal = openpty(None, None).unwrap();
    let stdio = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut login = cli(&setup, "login");
    login.stdin(stdio()).stdout(stdio()).stderr(stdio());
    let mut child = login.spawn().unwrap();
    // They keep the terminal open.
    drop((login, terminal.slave));
    let mut master = File::from(terminal.master);
    wait_until(|| {
        let flags = tcgetattr(&master).unwrap().local_flags;
        !flags.contains(LocalFlags::ECHO)
    });
    writeln!(master, "{token}").unwrap();
    let (mut output, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = master.read(&mut bytes) {
        output.extend_from_slice(&bytes[..count]);
    }
    assert!(child.wait().unwrap().success());
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("API token (hidden): "), "{output}");
    assert!(output.contains("API token saved:"), "{output}");
    assert!(!output.contains(token), "{output}");
    assert_saved(&setup.path(CONFIG).join("token"), token);
    cli(&setup, "jobs").run().exit_code(0);
}

#[test]
fn prompt_without_terminal_is_rejected() {
    let setup = Setup::running();
    let run = cli(&setup, "login").run().exit_code(2);
    run.reported("Pass the token on stdin: useapi-seed login --with-token");
    assert!(!setup.path(CONFIG).exists());
}

#[test]
fn each_profile_has_its_token() {
    let setup = Setup::running();
    let config = setup.path(CONFIG);
    fs::create_dir_all(&config).unwrap();
    let file = "token_file = \"other\"\n[profile.work]\n[profile.home]\ntoken_file = \"own\"\n";
    fs::write(config.join("config.toml"), file).unwrap();
    let token = setup.emulator.token();
    for (line, file) in [
        ("login --with-token", "other"),
        ("login --with-token --profile work", "token-work"),
        ("login --with-token --profile home", "own"),
    ] {
        let run = with_stdin(cli(&setup, line), token).exit_code(0);
        run.reported(&format!("{CONFIG}/{file}\n"));
        assert_saved(&config.join(file), token);
    }
    fs::remove_file(config.join("other")).unwrap();
    cli(&setup, "jobs --profile work").run().exit_code(0);
    cli(&setup, "jobs").run().exit_code(2);
    cli(&setup, "logout --profile work").run().exit_code(0);
    let run = cli(&setup, "jobs --profile work").run().exit_code(2);
    run.reported("Or save it once: useapi-seed login --profile work");
    assert!(config.join("own").exists());
}

#[test]
fn unaccepted_token_is_not_saved() {
    let setup = Setup::running();
    let file = setup.path("new/token");
    let login = |base_url: &str, token: &str| {
        let login = cli_at(
            &setup,
            base_url,
            "login --with-token --token-file new/token",
        );
        let run = with_stdin(login, token);
        assert!(!file.exists());
        run
    };
    let base_url = setup.emulator.base_url();
    for (token, code, message) in [
        ("wrong", 6, "API token rejected (HTTP 401)"),
        (setup.emulator.expired_token(), 6, "subscription (HTTP 402)"),
    ] {
        let run = login(base_url, token).exit_code(code).reported(message);
        run.reported("The token was not saved.");
    }
    for token in ["Bearer abc", "a\nb", "\u{201c}abc\u{201d}"] {
        login(base_url, token)
            .exit_code(2)
            .reported("the API token contains non-ASCII or whitespace characters")
            .reported("Paste only the token");
    }
    login(base_url, "\n")
        .exit_code(2)
        .reported("the API token is empty");
    login(&closed_url(), "abc")
        .exit_code(7)
        .reported("connection refused")
        .reported("The token was not saved.");
}

/// The API checks the token before anything else.
#[test]
fn token_of_halted_account_is_saved() {
    let setup = Setup::of(Emulator::builder());
    setup.inject(Operation::ListJobs, 1, Fault::status(596));
    let token = setup.emulator.token();
    let login = cli(&setup, "login --with-token --token-file token");
    with_stdin(login, token).exit_code(0);
    assert_eq!(
        fs::read_to_string(setup.path("token")).unwrap(),
        format!("{token}\n")
    );
}

#[test]
fn set_variable_is_noted() {
    let setup = Setup::running();
    let with_variable = |line: &str| {
        let mut command = cli(&setup, line);
        command.env("USEAPI_TOKEN", "another");
        command
    };
    with_stdin(with_variable("login --with-token"), setup.emulator.token())
        .exit_code(0)
        .reported("note: USEAPI_TOKEN is set and takes precedence over this file");
    with_variable("logout")
        .run()
        .exit_code(0)
        .reported("API token removed: ")
        .reported("note: USEAPI_TOKEN is still set");
    assert!(!setup.path(CONFIG).join("token").exists());
    with_variable("logout")
        .run()
        .exit_code(0)
        .reported("note: no saved API token: ");
}

#[test]
fn unwritable_token_file_is_reported() {
    let setup = Setup::running();
    fs::write(setup.path("file"), "").unwrap();
    let login = cli(&setup, "login --with-token --token-file file/token");
    with_stdin(login, setup.emulator.token())
        .exit_code(2)
        .reported("cannot write file/token: ");
    let mut login = cli(&setup, "login --with-token");
    login.env_remove("XDG_CONFIG_HOME").env("HOME", "relative");
    with_stdin(login, setup.emulator.token())
        .exit_code(2)
        .reported("Use --token-file.");
}
