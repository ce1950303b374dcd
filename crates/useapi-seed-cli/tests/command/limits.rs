//! `--max-time` and `--fail-fast`.

use serde_json::Value;
use useapi_seed_emulator::{Fault, Operation};

use crate::many;
use crate::process::{CommandExt, FAST, Run, Setup, assert_complete, shell};
use crate::stub::Stub;

fn records(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[cfg(unix)]
#[test]
fn max_time_ends_and_the_hint_resumes() {
    let setup = Setup::paused();
    let run = setup
        .fetch("out")
        .line("--max-time 0.4")
        .run()
        .exit_code(5)
        .reported("stopped by --max-time ");
    let resume = run.resume_command();
    assert!(!resume.contains("max-time"), "{resume}");
    setup.emulator.set_time_scale(FAST).unwrap();
    let mut again = shell(setup.dir(), resume);
    again.at(&setup.emulator).run().exit_code(0);
    assert_complete(&setup.path("out"));
    assert_eq!(setup.started(), 1);
}

#[test]
fn max_time_loses_no_job_of_a_batch() {
    let (setup, jobs, _) = many::setup(5);
    setup.emulator.set_time_scale(1.0).unwrap();
    let fetch = format!("fetch {} -d out --json", jobs.join(" "));
    let run = setup.run(&format!("{fetch} --max-time 0.6")).exit_code(5);
    let stopped = records(&run);
    assert_eq!(stopped.len(), 5);
    for job in stopped {
        assert_eq!(job["status"], "pending");
        assert_eq!(job["errors"][0]["kind"], "max_time");
        assert_eq!(job["errors"][0]["retryable"], true);
        assert_eq!(job["exit_code"], 5);
    }
    setup.emulator.set_time_scale(FAST).unwrap();
    for job in records(&setup.run(&fetch).exit_code(0)) {
        assert_complete(&setup.path(job["directory"].as_str().unwrap()));
        let id = job["requested_job_id"].as_str().unwrap();
        assert_eq!(setup.emulator.job_counts()[id].started, 1);
    }
}

#[test]
fn max_time_ends_a_stalled_download() {
    let setup = Setup::with_fault(Operation::GetImage, Fault::Stall { bytes: 500_000 });
    let mut fetch = setup.fetch("out");
    fetch.line("--max-time 0.8").run().exit_code(5);
    setup.emulator.clear_faults();
    setup.fetch("out").run().exit_code(0);
    assert_complete(&setup.path("out"));
    assert_eq!(setup.started(), 1);
}

#[test]
fn expired_max_time_sends_nothing() {
    let stub = Stub::with_result();
    stub.run("fetch 5 6 -d out --max-time 0.000001")
        .exit_code(5);
    assert_eq!(stub.submitted().len(), 0);
    stub.run("fetch 5 6 -d out").exit_code(0);
}

#[test]
fn fail_fast_submits_nothing_more() {
    let stub = Stub::start();
    stub.on_submit(404, r#"{"error": "Job not found", "code": 404}"#);
    let run = stub
        .run("fetch 1 2 3 4 -d out -j 1 --fail-fast --json")
        .exit_code(3)
        .reported("not submitted after the first failure (--fail-fast)");
    assert_eq!(stub.submitted(), ["1"]);
    let jobs = records(&run);
    assert_eq!(jobs[0]["status"], "failed");
    for job in &jobs[1..] {
        assert_eq!(job["status"], "pending");
        assert_eq!(job["errors"][0]["kind"], "fail_fast");
        assert_eq!(job["exit_code"], 5);
    }
    // Without it the others are submitted.
    stub.run("fetch 1 2 3 4 -d out -j 1").exit_code(3);
    assert_eq!(stub.submitted().len(), 5);
}

/// What runs at the service is paid for.
#[test]
fn fail_fast_saves_what_was_submitted() {
    let (setup, jobs, _) = many::setup(2);
    let fetch = format!("fetch 9 {} -d out --json", jobs.join(" "));
    let run = setup.run(&format!("{fetch} --fail-fast")).exit_code(3);
    for job in records(&run) {
        let id = job["requested_job_id"].as_str().unwrap();
        let counts = setup.emulator.job_counts();
        let is_started = counts.get(id).is_some_and(|counts| counts.started > 0);
        assert_eq!(job["status"] == "completed", is_started, "{job}");
    }
}
