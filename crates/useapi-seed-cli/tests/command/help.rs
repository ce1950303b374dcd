//! The examples of each `--help` do what they are there for.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, FAST, Setup, command, names, shell};

/// The job that the emulator starts first, as the examples call it.
const STARTED: &str = "20240225120000001-user:1234-channel:1114555266835431444";

fn help(folder: &Path, name: &str) -> String {
    let run = command(folder)
        .line(&format!("{name} --help"))
        .run()
        .exit_code(0);
    let (_, examples) = run.stdout.split_once("\nExample").unwrap();
    examples.to_owned()
}

/// A line, with a home of its own, where shells keep their completions.
fn example(folder: &Path, emulator: &Emulator, line: &str) -> Command {
    for home in [
        ".local/share/bash-completion/completions",
        ".zfunc",
        ".config/fish/completions",
    ] {
        fs::create_dir_all(folder.join(home)).unwrap();
    }
    let mut command = shell(folder, line);
    command
        .at(emulator)
        .env("HOME", folder)
        .env("USEAPI_INTERVAL", "0.01");
    command
}

#[tokio::test]
async fn examples_work() {
    let mut count = 0;
    for name in [
        "cancel",
        "completions",
        "config",
        "demo",
        "doctor",
        "fetch",
        "gallery",
        "jobs",
        "man",
        "reset",
        "schema",
        "status",
        "wait",
    ] {
        let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
        // A job that is executing is one of a clock that stands still.
        let still = Emulator::builder().paused().start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let emulator = match name {
            "cancel" | "status" => &still,
            _ => &emulator,
        };
        if ["cancel", "status", "wait"].contains(&name) {
            let mut first = command(folder);
            let fetch = first.line(&format!("fetch {} --out first", emulator.jobs().imagine));
            let run = fetch
                .at(emulator)
                .line("--interval 0.001 --timeout 0.01")
                .run();
            assert_eq!(run.exit_code(5).started_job(), STARTED);
        }
        if name == "gallery" {
            for into in [".", "pictures"] {
                let line = format!(
                    "useapi-seed fetch {} --into {into}",
                    emulator.jobs().imagine
                );
                example(folder, emulator, &line).run().exit_code(0);
            }
        }
        fs::write(folder.join("jobs.txt"), &emulator.jobs().imagine).unwrap();
        let lines = help(folder, name);
        for line in lines
            .lines()
            .filter(|line| line.starts_with("  useapi-seed "))
        {
            example(folder, emulator, line).run().exit_code(0);
            count += 1;
        }
    }
    assert_eq!(count, 29);
}

/// Those that run until they are ended.
#[tokio::test]
async fn examples_that_last_begin() {
    let setup = Setup::of(Emulator::builder());
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    for name in ["emulate", "listen"] {
        let lines = help(setup.dir(), name);
        let lines = lines
            .lines()
            .filter(|line| line.starts_with("  useapi-seed "));
        for line in lines {
            let line = format!("exec {} 2>&1", line.trim().replace("8080", &port));
            let mut child = example(setup.dir(), &setup.emulator, &line)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut first = String::new();
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            stdout.read_line(&mut first).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(
                first.starts_with("page  ") || first.starts_with("listening on "),
                "{line}: {first}"
            );
        }
    }
}

#[test]
fn the_configuration_file_of_the_help_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let help = help(folder.path(), "config");
    let (_, file) = help.split_once("A configuration file:\n").unwrap();
    fs::write(folder.path().join("config.toml"), file).unwrap();
    let run = command(folder.path())
        .line("config --config config.toml")
        .run()
        .exit_code(0);
    assert!(run.stdout.contains("15 s"), "{}", run.stdout);
    assert_eq!(names(folder.path()), ["config.toml"]);
}
