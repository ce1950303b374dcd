//! `--exec`: a command for each job that was saved.

use std::fs;

use serde_json::Value;

use crate::process::{CommandExt, Run, command};
use crate::stub::{Stub, TOKEN};

/// Runs a fetch with an `--exec`, which has spaces.
fn fetch(stub: &Stub, line: &str, exec: &str) -> Run {
    let mut command = command(stub.dir());
    command.line(line).args(["--exec", exec]);
    command.at_url(&stub.base_url(), TOKEN).run()
}

fn record(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// A service whose prompt is a shell's, and a script that writes down its arguments.
fn hostile(prompt: &str) -> Stub {
    let stub = Stub::start();
    let mut job = stub.job();
    job["content"] = format!("**{prompt}** - <@1> (fast)").into();
    stub.on_submit(200, job.to_string());
    stub.on_images();
    let script = "printf '%s\\n' \"$@\" >> arguments; echo noise; echo more >&2";
    fs::write(stub.path("script"), script).unwrap();
    stub
}

#[test]
fn placeholders_are_replaced() {
    let stub = hostile("A cat --v 5.2");
    let exec = "sh script {dir} {job_id} seed={seed} '{prompt} a b' {other}";
    fetch(&stub, "fetch 5 -o 'out'", exec).exit_code(0);
    let arguments = fs::read_to_string(stub.path("arguments")).unwrap();
    assert_eq!(arguments, "'out'\n5\nseed=77\nA cat --v 5.2 a b\n{other}\n");
}

#[test]
fn hostile_prompt_stays_one_argument() {
    let prompt = "$(touch a); touch b | `touch c` && \"d' {dir} {seed} > e \\ --v 5.2";
    let stub = hostile(prompt);
    fetch(&stub, "fetch 5 -o out", "sh script {prompt} end").exit_code(0);
    let arguments = fs::read_to_string(stub.path("arguments")).unwrap();
    assert_eq!(arguments, format!("{prompt}\nend\n"));
    for name in ["a", "b", "c", "e"] {
        assert!(!stub.path(name).exists(), "{name}");
    }
}

#[test]
fn output_of_exec_is_not_on_stdout() {
    let stub = hostile("A cat");
    let run = fetch(&stub, "fetch 5 6 -d out --json", "sh script").exit_code(0);
    assert_eq!(run.stdout.lines().count(), 2);
    for line in run.stdout.lines() {
        let job: Value = serde_json::from_str(line).unwrap();
        assert_eq!(job["exec_exit_code"], 0);
        crate::process::assert_schema("result", &job);
    }
    assert!(run.stderr.contains("noise\n") && run.stderr.contains("more\n"));
}

#[test]
fn failed_exec_exits_1_and_is_noted() {
    let stub = Stub::with_result();
    let run = fetch(&stub, "fetch 5 -o out --json", "sh -c 'exit 7'")
        .exit_code(1)
        .reported("note: --exec: exit status: 7, job 5\n");
    let job = record(&run);
    assert_eq!(job["exec_exit_code"], 7);
    assert_eq!(job["status"], "completed");
    let run = fetch(&stub, "fetch 6 -o other --json", "sh -c 'kill -9 $$'")
        .exit_code(1)
        .reported("note: --exec: signal: 9 (SIGKILL), job 6\n");
    assert_eq!(record(&run)["exec_exit_code"], Value::Null);
}

/// The same command would not run it: the job is complete.
#[test]
fn missing_program_is_noted() {
    let stub = Stub::with_result();
    let run = fetch(&stub, "fetch 5 -o out --json", "./none {dir}")
        .exit_code(1)
        .reported("note: --exec: No such file or directory");
    assert!(!run.stderr.contains("To resume"), "{}", run.stderr);
    let job = record(&run);
    assert_eq!(job["status"], "completed");
    assert_eq!(job["errors"], Value::Array(Vec::new()));
    assert_eq!(job["seed"], 77);
    let requests = stub.requests();
    stub.run("fetch 5 -o out").exit_code(0);
    assert_eq!(stub.requests(), requests);
}

#[test]
fn exec_does_not_run_for_other_jobs() {
    let stub = hostile("A cat");
    fetch(&stub, "fetch 5 -d out", "sh script {job_id}").exit_code(0);
    fetch(&stub, "fetch 5 6 -d out", "sh script {job_id}").exit_code(0);
    // One whose images are missing.
    stub.reset();
    stub.on_submit(200, stub.job().to_string());
    let run = fetch(&stub, "fetch 7 -d out --json", "sh script {job_id}").exit_code(1);
    assert_eq!(record(&run)["exec_exit_code"], Value::Null);
    let arguments = fs::read_to_string(stub.path("arguments")).unwrap();
    assert_eq!(arguments, "5\n6\n");
}

#[test]
fn malformed_exec_is_rejected_at_once() {
    let stub = Stub::with_result();
    for exec in ["echo 'a", " "] {
        fetch(&stub, "fetch 5 -o out", exec)
            .exit_code(2)
            .reported("--exec must be a command");
    }
    assert_eq!(stub.requests(), 0);
}
