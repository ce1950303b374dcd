//! `--json` of every command, against its schema.

use useapi_seed_emulator::Emulator;

use crate::process::{At, FAST, assert_schema, command, shell};

#[tokio::test]
async fn each_command_prints_what_its_schema_says() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let jobs = emulator.jobs();
    let imagine = jobs.imagine.as_str();
    let started = {
        let mut fetch = command(folder);
        fetch
            .args(["fetch", &jobs.button, "--interval", "0.01"])
            .at(&emulator);
        fetch.run().ended(0).started().to_owned()
    };
    for (name, arguments, lines) in [
        (
            "result",
            &["fetch", imagine, "5", "--interval", "0.01"][..],
            2,
        ),
        ("result", &["wait", &started, "--interval", "0.01"], 1),
        ("result", &["demo", "--out", "demo"], 1),
        ("status", &["status", imagine, "5", &jobs.progress], 3),
        ("jobs", &["jobs"], 1),
        ("reset", &["reset", "1114555266835431444"], 1),
        ("checks", &["doctor"], 1),
        ("settings", &["config"], 1),
        ("text", &["completions", "bash"], 1),
        ("text", &["man", "--dir", "man"], 16),
        ("schemas", &["schema"], 13),
    ] {
        let mut command = command(folder);
        let run = command.args(arguments).arg("--json").at(&emulator).run();
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
    let folder = tempfile::tempdir().unwrap();
    let run = command(folder.path())
        .args(["demo", "--fields", "seed, folder"])
        .run()
        .ended(0);
    assert_eq!(run.stdout, "{\"seed\":3058471692,\"folder\":\"demo\"}\n");
    let run = command(folder.path())
        .args(["schema", "--json", "--fields=name", "--fields", "about"])
        .run()
        .ended(0);
    assert!(run.stdout.starts_with("{\"name\":\"seed\",\"about\":"));
    for arguments in [
        ["fetch", "5", "--fields=sed,Seed,*"],
        ["wait", "5", "--fields=seed,sed,Seed,*"],
    ] {
        command(folder.path())
            .args(arguments)
            .at_url("http://127.0.0.1:9", "t")
            .run()
            .ended(2)
            .told("unknown fields: \"sed\", \"Seed\", \"*\"")
            .told("Known fields: errors, ");
    }
    command(folder.path())
        .args(["schema", "none"])
        .run()
        .ended(2)
        .told("[possible values: seed, pending, ");
    // It names fields, and `--json` takes none.
    for arguments in [&["jobs", "--fields"][..], &["jobs", "--json=ids"]] {
        command(folder.path()).args(arguments).run().ended(2);
    }
}

/// Whoever reads has read enough; that is no failure, and says nothing.
#[cfg(unix)]
#[test]
fn broken_pipes_end_quietly() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "schema",
        "schema result",
        "man",
        "completions zsh",
        "config",
    ] {
        let line = format!("{{ useapi-seed {line}; echo ended $? >&2; }} | true");
        let run = shell(folder.path(), &line).run().ended(0);
        assert_eq!(run.stderr, "ended 0\n", "{line}");
    }
}

#[test]
fn shells_and_people_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = command(folder).args(["completions", shell]).run().ended(0);
        assert!(run.stdout.contains("at-once"), "{shell}");
    }
    command(folder)
        .args(["man", "--dir", "man1"])
        .run()
        .ended(0);
    let pages = crate::process::names(&folder.join("man1"));
    assert_eq!(pages.len(), 16);
    assert!(
        pages.contains(&"useapi-seed-fetch.1".to_owned()),
        "{pages:?}"
    );
    let page = command(folder).args(["man", "fetch"]).run().ended(0);
    for part in [".TH useapi-seed-fetch 1", "Exit codes:", "jobs.txt"] {
        assert!(page.stdout.contains(part), "no {part} in {}", page.stdout);
    }
}
