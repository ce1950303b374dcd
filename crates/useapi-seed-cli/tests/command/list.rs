//! `list`: what is saved in a directory.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{CommandExt, Run, Setup, assert_schema, command};

fn save(dir: &Path, name: &str, seed: u64, prompt: &str, retrieved_at: &str) {
    let path = dir.join(name);
    fs::create_dir_all(&path).unwrap();
    let image = json!({"number": 1, "file": "image-1.png", "size": 1, "differences": []});
    let file = json!({
        "requested_job_id": format!("{name}-user:1-channel:2"), "job_id": "9", "seed": seed,
        "prompt": prompt, "prompt_with_seed": format!("{prompt} --seed {seed}"),
        "images": [], "warnings": [], "files": [image], "retrieved_at": retrieved_at,
    });
    fs::write(path.join("seed.json"), file.to_string()).unwrap();
    fs::write(path.join("image-1.png"), "1").unwrap();
}

/// Two completed jobs and one that is pending, in `images`.
fn saved() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("images");
    save(&dir, "1", 70, "Misty tea house", "2026-01-02T00:00:00Z");
    save(
        &dir,
        "2",
        8,
        "a \"cat\",\n\u{1b}[31mred",
        "2026-01-01T00:00:00Z",
    );
    fs::create_dir(dir.join("3")).unwrap();
    let pending = json!({"job_id": "3-user:1-channel:2"});
    fs::write(dir.join("3/pending.json"), pending.to_string()).unwrap();
    root
}

fn list(dir: &Path, line: &str) -> Run {
    command(dir)
        .line(format!("list images {line}").trim_end())
        .run()
}

/// The first digits of the job IDs.
fn jobs(dir: &Path, line: &str) -> String {
    let run = list(dir, format!("{line} --json").trim_start()).exit_code(0);
    let documents = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let id = |document: Value| {
        assert_schema("list", &document);
        document["job_id"].as_str().unwrap()[..1].to_owned()
    };
    documents.map(id).collect()
}

#[test]
fn table_on_a_pipe_is_not_cut() {
    let root = saved();
    let run = list(root.path(), "").exit_code(0);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "JOB ID              SEED  IMAGES  RETRIEVED   STATUS     PROMPT",
            "2-user:1-channel:2  8     1       2026-01-01  completed  a \"cat\", [31mred",
            "1-user:1-channel:2  70    1       2026-01-02  completed  Misty tea house",
            "3-user:1-channel:2  -     0       -           pending    -",
        ]
    );
    assert_eq!(run.stderr, "");
    let alias = command(&root.path().join("images"))
        .arg("ls")
        .run()
        .exit_code(0);
    assert_eq!(alias.stdout, run.stdout);
}

#[test]
fn jobs_are_sorted_and_filtered() {
    let root = saved();
    for (line, expected) in [
        ("", "213"),
        ("--reverse", "312"),
        ("--sort job", "123"),
        ("--sort seed --reverse", "123"),
        ("--sort prompt", "321"),
        ("--filter TEA", "1"),
        ("--filter 2-USER", "2"),
        ("--status completed", "21"),
        ("--status pending", "3"),
        ("--status pending --filter tea", ""),
    ] {
        assert_eq!(jobs(root.path(), line), expected, "{line}");
    }
    list(root.path(), "--filter dog")
        .exit_code(0)
        .reported("note: no matching jobs");
}

#[test]
fn machine_formats_keep_the_data() {
    let root = saved();
    let output = command(root.path())
        .line("list images --format csv")
        .output()
        .unwrap();
    let csv = String::from_utf8(output.stdout).unwrap();
    let row = "2-user:1-channel:2,9,8,\"a \"\"cat\"\",\n\u{1b}[31mred\",\"a \"\"cat\"\",\n\u{1b}[31mred --seed 8\",\
               image-1.png,2026-01-01T00:00:00Z,images/2,completed\n";
    assert!(csv.contains(row), "{csv}");
    let output = command(root.path())
        .line("list images --format tsv")
        .output()
        .unwrap();
    let tsv = String::from_utf8(output.stdout).unwrap();
    assert!(
        tsv.starts_with("job_id\tseed_job_id\tseed\tprompt\t"),
        "{tsv}"
    );

    let run = list(
        root.path(),
        "--format json --fields seed,images --filter tea",
    )
    .exit_code(0);
    assert_eq!(run.stdout, "{\"seed\":70,\"images\":[\"image-1.png\"]}\n");
    list(root.path(), "--format csv --json")
        .exit_code(2)
        .reported("--format json");
    list(root.path(), "--fields folder")
        .exit_code(2)
        .reported("folder");
}

#[test]
fn list_of_seeds_is_read_as_input() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    let fetch = format!("fetch {} {} -d all", jobs.imagine, jobs.button);
    setup.run(&fetch).exit_code(0);
    let mut list = command(setup.dir());
    list.env("USEAPI_DIR", "all").line("list --format csv");
    fs::write(setup.path("seeds.csv"), list.run().exit_code(0).stdout).unwrap();
    let before = setup.emulator.journal().len();
    setup.run("fetch -i seeds.csv -d all").exit_code(0);
    assert_eq!(setup.emulator.journal().len(), before);
}

#[test]
fn directory_without_jobs_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    command(root.path())
        .arg("list")
        .run()
        .exit_code(2)
        .reported("error: no finished jobs in .\n");
    command(root.path())
        .line("list none")
        .run()
        .exit_code(9)
        .reported("error: cannot read none: ");
}
