//! `status`, `jobs` and `cancel`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use useapi_seed_emulator::{Fault, Operation};

use crate::process::{CommandExt, Run, Setup, assert_schema, command, wait_until};

/// Runs a command in JSON.
fn json(setup: &Setup, line: &str) -> Value {
    let run = setup.run(&format!("{line} --json"));
    serde_json::from_str(&run.stdout).unwrap()
}

fn fetch(setup: &Setup) -> Command {
    let mut fetch = setup.fetch("out");
    fetch.line("--timeout 0.01");
    fetch
}

/// Starts a seed job, and returns its ID.
fn start(setup: &Setup) -> String {
    fetch(setup).run().exit_code(5);
    setup.last_started()
}

#[test]
fn job_is_started_shown_and_cancelled() {
    let setup = Setup::paused();
    let id = start(&setup);
    let running = json(&setup, "jobs");
    assert_schema("jobs", &running);
    assert_eq!(running["ids"][0], id);
    assert_eq!(running["jobs"][0]["verb"], "seed_async");
    let run = setup.run("ps").exit_code(0);
    let words: Vec<_> = run.stdout.split_whitespace().collect();
    assert_eq!(words[..4], ["ID", "VERB", "STATUS", "AGE"]);
    assert_eq!(words[4..7], [&*id, "seed_async", "started"]);

    setup.emulator.advance(Duration::from_secs(30));
    let status = json(&setup, &format!("status {id}"));
    assert_eq!(status["status"], "progress");
    assert!(status["percent"].is_u64());
    assert_eq!(status["parent_job_id"], setup.emulator.jobs().imagine);

    let cancelled = json(&setup, &format!("cancel {id}"));
    assert_eq!(
        (&cancelled["job_id"], &cancelled["status"]),
        (&id.as_str().into(), &"cancelled".into())
    );
    assert_schema("status", &cancelled);
    let run = setup.run(&format!("status {id}")).exit_code(0);
    assert!(
        run.last_line()
            .starts_with(&format!("{id}  seed_async  cancelled  "))
    );
    setup.run("jobs").exit_code(0).reported("no running jobs");

    // That job has ended; the fetch after the next starts another.
    fetch(&setup).run().exit_code(8);
    assert_ne!(start(&setup), id);
}

#[test]
fn status_of_several_jobs_is_a_table() {
    let setup = Setup::paused();
    let jobs = setup.emulator.jobs();
    let run = setup
        .run(&format!("status {} {} 5 6", jobs.imagine, jobs.progress))
        .exit_code(3)
        .reported("error: job not found (HTTP 404): 5\n  It may be mistyped")
        .reported("error: job not found (HTTP 404): 6\n");
    // The hint is printed once.
    assert_eq!(run.stderr.lines().count(), 3, "{}", run.stderr);
    let rows = run.stdout.lines().map(|line| {
        let cells: Vec<_> = line.split_whitespace().collect();
        [cells[0], cells[2], cells[3]].map(str::to_owned)
    });
    let rows: Vec<_> = rows.collect();
    let expected = [
        ["ID", "STATUS", "%"],
        [&*jobs.imagine, "completed", "-"],
        [&*jobs.progress, "progress", "62%"],
        ["5", "error", "-"],
        ["6", "error", "-"],
    ];
    assert_eq!(rows, expected);
}

#[test]
fn status_reads_ids_from_stdin_and_file() {
    let setup = Setup::paused();
    let jobs = setup.emulator.jobs();
    std::fs::write(setup.path("jobs.txt"), format!("# mine\n{}\n", jobs.button)).unwrap();
    let mut status = setup.command("status - -i jobs.txt --fields job_id");
    let status = status.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = status.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", jobs.imagine).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = [&jobs.imagine, &jobs.button].map(|id| format!("{{\"job_id\":\"{id}\"}}\n"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), lines.concat());
}

#[test]
fn watch_prints_changes_until_jobs_end() {
    let setup = Setup::paused();
    let id = start(&setup);
    let polls = || {
        let journal = setup.emulator.journal();
        let polls = journal
            .iter()
            .filter(|call| call.operation == Some(Operation::GetJob));
        polls.count()
    };
    let run = thread::scope(|scope| {
        let watching = scope.spawn(|| setup.run(&format!("status --watch=0.02 {id}")));
        // Several rounds without a change.
        wait_until(|| polls() > 3 || watching.is_finished());
        setup.emulator.advance(Duration::from_secs(60));
        watching.join().unwrap().exit_code(0)
    });
    let rows: Vec<_> = run
        .stdout
        .lines()
        .filter(|line| line.starts_with(&id))
        .collect();
    assert_eq!(rows.len(), 2, "{}", run.stdout);
    assert!(rows[0].contains("  started  ") && rows[1].contains("  completed  "));
    // `jobs` ends when none is running.
    setup
        .run("jobs --watch=0.02")
        .exit_code(0)
        .reported("no running jobs");
}

#[cfg(unix)]
#[test]
fn watch_redraws_the_table_on_a_terminal() {
    use useapi_seed_emulator::Emulator;

    let setup = Setup::of(Emulator::builder().time_scale(20.0));
    let id = start(&setup);
    let watch = setup.command("jobs --watch=0.02");
    let (screens, _) = crate::terminal::on_terminal(watch, 120);
    let mut states: Vec<_> = screens
        .iter()
        .filter_map(|screen| {
            let rows: Vec<_> = screen.iter().filter(|row| row.starts_with(&id)).collect();
            assert!(rows.len() <= 1, "{screen:#?}");
            rows.first().map(|row| (*row).clone())
        })
        .collect();
    states.dedup();
    assert!(states.len() > 2, "{states:#?}");
    let last = screens.last().unwrap();
    assert!(
        last[0].starts_with("ID ") && last[1].contains("  completed  "),
        "{last:#?}"
    );
    assert_eq!(last.len(), 2, "{last:#?}");
}

#[test]
fn watch_continues_after_transient_errors() {
    let setup = Setup::paused();
    let id = start(&setup);
    setup.inject(
        Operation::GetJob,
        8,
        Fault::Status {
            status: 503,
            retry_after: None,
        },
    );
    let mut watch = setup.command(&format!("status {id} --watch=0.02 --json"));
    let watch = watch
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| setup.emulator.faults()[0].hits == 8);
    setup.emulator.advance(Duration::from_secs(60));
    let run = Run::of(watch.wait_with_output().unwrap()).exit_code(0);
    let documents = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let documents: Vec<Value> = documents.collect();
    assert!(documents.len() >= 2, "{}", run.stdout);
    assert!(documents[0]["error"].is_string(), "{}", run.stdout);
    assert_eq!(documents.last().unwrap()["status"], "completed");
}

#[test]
fn cancel_of_several_jobs_reports_each() {
    let setup = Setup::paused();
    let id = start(&setup);
    let run = setup
        .run(&format!("cancel 5 {id}"))
        .exit_code(3)
        .reported("error: job not found (HTTP 404): 5\n  Only running jobs can be cancelled.");
    assert_eq!(run.suggested_command(), "useapi-seed status 5");
    let rows: Vec<_> = run.stdout.lines().skip(1).collect();
    assert!(rows[0].starts_with("5 ") && rows[0].ends_with(" error"));
    assert_eq!(rows[1..], [format!("{id}  cancelled")]);
}

#[test]
fn denied_access_ends_commands_of_many_jobs() {
    let setup = Setup::paused();
    for name in ["status", "cancel"] {
        let run = command(setup.dir())
            .line(&format!("{name} 1 2 3 4 5 6 7 8"))
            .at_url(setup.emulator.base_url(), "wrong-token")
            .run()
            .exit_code(6);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}
