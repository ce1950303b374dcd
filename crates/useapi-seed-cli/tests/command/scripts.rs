//! `--json` of every command, against its schema.

use serde_json::json;

use crate::process::{CommandExt, Setup, assert_schema, command, shell};

#[test]
fn json_output_matches_schemas() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    let imagine = jobs.imagine.as_str();
    setup.run(&format!("fetch {}", jobs.button)).exit_code(0);
    let started = &*setup.last_started();
    for (name, arguments, lines) in [
        ("result", &["fetch", imagine, "5"][..], 2),
        ("result", &["wait", started], 1),
        ("result", &["demo", "-o", "demo"], 1),
        ("status", &["status", imagine, "5", &jobs.progress], 3),
        ("jobs", &["jobs"], 1),
        ("reset", &["reset", "1114555266835431444"], 1),
        ("doctor", &["doctor"], 6),
        ("config", &["config"], 9),
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
    assert_eq!(run.stdout, "{\"seed\":3058471692,\"directory\":\"demo\"}\n");
    for line in [
        "schema --json",
        "man --json",
        "completions bash --fields name",
    ] {
        let run = command(dir.path()).line(line).run().exit_code(2);
        run.reported("this command has no JSON output");
    }
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
            .reported("Known fields: already_present, ");
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

/// A reader that needs no more is not an error, and nothing is printed about it.
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
        assert!(run.stdout.contains("input-file"), "{shell}");
    }
    command(dir).line("man --dir man1").run().exit_code(0);
    let pages = crate::process::names(&dir.join("man1"));
    assert_eq!(pages.len(), 19);
    assert!(
        pages.contains(&"useapi-seed-fetch.1".to_owned()),
        "{pages:?}"
    );
    let page = command(dir).line("man fetch").run().exit_code(0);
    for part in [".TH useapi-seed-fetch 1", "jobs.txt"] {
        assert!(page.stdout.contains(part), "no {part} in {}", page.stdout);
    }
    let main = command(dir).arg("man").run().exit_code(0);
    assert!(main.stdout.contains("Exit codes:"), "{}", main.stdout);
}

/// As the scripts of the shells call it.
#[test]
fn shells_complete_the_ids_of_saved_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let seed = |id: &str| {
        let seed_job = "2-user:6\u{1b}$(touch evil)";
        let file = json!({
            "requested_job_id": id, "job_id": seed_job, "seed": 7, "images": [], "warnings": [],
            "files": [],
        });
        file.to_string()
    };
    let pending = json!({"job_id": "1-user:2", "submission": {"job": {"job_id": "2-user:3"}}});
    for (job, file, content) in [
        ("pictures/a", "seed.json", seed("1-user:1")),
        ("pictures/b", "pending.json", pending.to_string()),
        ("pictures/c", "seed.json", "{".to_owned()),
        ("pictures/.useapi-seed/e", "seed.json", seed("3-user:5")),
        ("d", "seed.json", seed("1-user:4")),
    ] {
        let job = dir.path().join(job);
        std::fs::create_dir_all(&job).unwrap();
        std::fs::write(job.join(file), content).unwrap();
    }
    let complete = |words: &[&str]| {
        let run = command(dir.path())
            .env("COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
            .arg("--")
            .args(words)
            .run()
            .exit_code(0);
        assert_eq!(run.stderr, "");
        let mut ids: Vec<_> = run.stdout.lines().map(str::to_owned).collect();
        ids.retain(|word| !word.starts_with("--"));
        ids.sort();
        ids
    };
    let pictures = ["useapi-seed", "--dir", "pictures", "status"];
    let all = ["1-user:1", "1-user:2", "2-user:3", "3-user:5"];
    assert_eq!(complete(&[&pictures[..], &[""]].concat()), all);
    assert_eq!(complete(&[&pictures[..], &["1"]].concat()), all[..2]);
    for name in ["fetch", "wait", "cancel"] {
        assert_eq!(
            complete(&["useapi-seed", name, "1"]),
            ["1-user:4"],
            "{name}"
        );
    }
    let none = complete(&["useapi-seed", "--dir", "none", "cancel", ""]);
    assert_eq!(none, [""; 0]);

    // Another program's variable.
    let run = command(dir.path())
        .arg("version")
        .env("COMPLETE", "1")
        .run();
    assert!(run.exit_code(0).stdout.starts_with("useapi-seed "));
}
