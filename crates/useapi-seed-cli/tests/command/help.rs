//! The examples of each `--help` succeed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, FAST, Setup, command, concurrently, names, shell};

/// The job that the emulator starts first, as the examples call it.
const STARTED: &str = "20240225120000001-user:1234-channel:1114555266835431444";

fn help(dir: &Path, name: &str) -> String {
    let run = command(dir)
        .line(&format!("{name} --help"))
        .run()
        .exit_code(0);
    let (_, examples) = run.stdout.split_once("\nExample").unwrap();
    examples.to_owned()
}

/// A line, with a home of its own, where shells keep their completions.
fn example(setup: &Setup, line: &str) -> Command {
    for home in [
        ".local/share/bash-completion/completions",
        ".zfunc",
        ".config/fish/completions",
    ] {
        fs::create_dir_all(setup.path(home)).unwrap();
    }
    let mut command = shell(setup.dir(), line);
    command.at(&setup.emulator).env("HOME", setup.dir());
    command
}

#[test]
fn help_examples_succeed() {
    let names = [
        "cancel",
        "completions",
        "config",
        "demo",
        "doctor",
        "fetch",
        "gallery",
        "jobs",
        "list",
        "man",
        "reset",
        "schema",
        "status",
        "wait",
    ];
    let count = AtomicUsize::new(0);
    concurrently(names, |name| {
        // A job keeps running while the clock is paused.
        let setup = Setup::paused();
        if ["cancel", "status", "wait"].contains(&name) {
            setup
                .fetch("first")
                .line("--timeout 0.01")
                .run()
                .exit_code(5);
            assert_eq!(setup.last_started(), STARTED);
        }
        let mut jobs = setup.parent().to_owned();
        match name {
            "cancel" => {
                let mut second = setup.fetch_job(&setup.emulator.jobs().button, "second");
                second.line("--timeout 0.01").run().exit_code(5);
                jobs = setup.last_started();
            }
            // It is watched until it ends.
            "status" => setup.emulator.advance(Duration::from_secs(60)),
            _ => setup.emulator.set_time_scale(FAST).unwrap(),
        }
        for file in ["jobs.txt", "jobs.csv"] {
            fs::write(setup.path(file), &jobs).unwrap();
        }
        let dirs = match name {
            "gallery" => &[".", "images"][..],
            "list" => &["images"],
            _ => &[],
        };
        for dir in dirs {
            let line = format!("fetch {} -d {dir}", setup.parent());
            setup.run(&line).exit_code(0);
        }
        for line in help(setup.dir(), name).lines() {
            if line.starts_with("  useapi-seed ") {
                example(&setup, line).run().exit_code(0);
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(count.into_inner(), 37);
}

/// Those that run until they are ended.
#[test]
fn help_examples_of_servers_start() {
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
            let mut child = example(&setup, &line)
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
fn help_configuration_file_is_valid() {
    let dir = tempfile::tempdir().unwrap();
    let help = help(dir.path(), "config");
    let (_, file) = help.split_once("A configuration file:\n").unwrap();
    fs::write(dir.path().join("config.toml"), file).unwrap();
    let run = command(dir.path())
        .line("config --config config.toml")
        .run()
        .exit_code(0);
    assert!(run.stdout.contains("15s"), "{}", run.stdout);
    assert_eq!(names(dir.path()), ["config.toml"]);
}

#[test]
fn exit_codes_and_version_are_topics() {
    let dir = tempfile::tempdir().unwrap();
    let topic = command(dir.path())
        .line("help exit-codes")
        .run()
        .exit_code(0);
    assert!(
        topic.stdout.starts_with("Exit codes:\n  0 "),
        "{}",
        topic.stdout
    );
    let page = command(dir.path()).arg("man").run().exit_code(0).stdout;
    assert!(page.contains("Exit codes:"), "{page}");
    let run = |words: &str| command(dir.path()).arg(words).run().exit_code(0).stdout;
    assert_eq!(run("version"), run("--version"));
}

#[test]
fn job_id_as_command_suggests_fetch() {
    let dir = tempfile::tempdir().unwrap();
    let run = command(dir.path()).arg(STARTED).run().exit_code(2);
    run.reported(&format!("did you mean: useapi-seed fetch {STARTED}?"));
    let run = command(dir.path()).arg("fetsh").run().exit_code(2);
    run.reported("a similar subcommand exists: 'fetch'");
}

#[test]
fn aliases_are_other_names_of_commands() {
    let dir = tempfile::tempdir().unwrap();
    for (alias, name) in [
        ("download", "fetch"),
        ("get", "fetch"),
        ("ps", "jobs"),
        ("serve", "emulate"),
        ("mock", "emulate"),
    ] {
        let run = command(dir.path()).line(&format!("{alias} --help")).run();
        let usage = format!("Usage: useapi-seed {name} ");
        assert!(run.stdout.contains(&usage), "{alias}: {}", run.stdout);
    }
}
