//! `--json` of every command, against its schema.

use crate::process::{CommandExt, Setup, assert_schema, command, shell};

#[test]
fn json_output_matches_schemas() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    let imagine = jobs.imagine.as_str();
    let run = setup.run(&format!("fetch {}", jobs.button)).exit_code(0);
    let started = run.started_job();
    for (name, arguments, lines) in [
        ("result", &["fetch", imagine, "5"][..], 2),
        ("result", &["wait", started], 1),
        ("result", &["demo", "-o", "demo"], 1),
        ("status", &["status", imagine, "5", &jobs.progress], 3),
        ("jobs", &["jobs"], 1),
        ("reset", &["reset", "1114555266835431444"], 1),
        ("doctor", &["doctor"], 1),
        ("config", &["config"], 1),
        ("text", &["completions", "bash"], 1),
        ("text", &["man", "--dir", "man"], 18),
        ("schemas", &["schema"], 13),
    ] {
        let mut command = command(setup.dir());
        let run = command
            .args(arguments)
            .arg("--json")
            .at(&setup.emulator)
            .run();
        assert_eq!(
            run.stdout.lines().count(),
            lines,
            "{arguments:?}\n{}",
            run.stderr
        );
        for line in run.stdout.lines() {
            assert_schema(name, &serde_json::from_str(line).unwrap());
        }
    }
}

#[test]
fn fields_are_selected_and_others_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let run = command(dir.path())
        .args(["demo", "--fields", "seed, directory"])
        .run()
        .exit_code(0);
    assert_eq!(run.stdout, "{\"seed\":3058471692,\"folder\":\"demo\"}\n");
    let run = command(dir.path())
        .line("schema --json --fields=name --fields about")
        .run()
        .exit_code(0);
    assert!(run.stdout.starts_with("{\"name\":\"seed\",\"about\":"));
    for arguments in [
        ["fetch", "5", "--fields=sed,Seed,*"],
        ["wait", "5", "--fields=seed,sed,Seed,*"],
    ] {
        command(dir.path())
            .args(arguments)
            .at_url("http://127.0.0.1:9", "t")
            .run()
            .exit_code(2)
            .reported("unknown fields: \"sed\", \"Seed\", \"*\"")
            .reported("Known fields: errors, ");
    }
    command(dir.path())
        .line("schema none")
        .run()
        .exit_code(2)
        .reported("[possible values: seed, pending, ");
    // It names fields, and `--json` takes none.
    for arguments in [&["jobs", "--fields"][..], &["jobs", "--json=ids"]] {
        command(dir.path()).args(arguments).run().exit_code(2);
    }
}

/// Whoever reads has read enough; that is no failure, and says nothing.
#[cfg(unix)]
#[test]
fn broken_pipes_end_quietly() {
    let dir = tempfile::tempdir().unwrap();
    for line in [
        "schema",
        "schema result",
        "man",
        "completions zsh",
        "config",
    ] {
        let line = format!("{{ useapi-seed {line}; echo ended $? >&2; }} | true");
        let run = shell(dir.path(), &line).run().exit_code(0);
        assert_eq!(run.stderr, "ended 0\n", "{line}");
    }
}

#[test]
fn completions_and_man_pages_are_printed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = command(dir)
            .line(&format!("completions {shell}"))
            .run()
            .exit_code(0);
        assert!(run.stdout.contains("at-once"), "{shell}");
    }
    command(dir).line("man --dir man1").run().exit_code(0);
    let pages = crate::process::names(&dir.join("man1"));
    assert_eq!(pages.len(), 18);
    assert!(
        pages.contains(&"useapi-seed-fetch.1".to_owned()),
        "{pages:?}"
    );
    let page = command(dir).line("man fetch").run().exit_code(0);
    for part in [".TH useapi-seed-fetch 1", "Exit codes:", "jobs.txt"] {
        assert!(page.stdout.contains(part), "no {part} in {}", page.stdout);
    }
}
