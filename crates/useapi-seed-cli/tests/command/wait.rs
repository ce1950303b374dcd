use std::time::Duration;

use serde_json::json;
use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, Setup, assert_complete, concurrently};
use crate::stub::Stub;

#[cfg(unix)]
#[test]
fn timeout_prints_resume_command() {
    let setup = Setup::of(Emulator::builder());
    let out = "it's a $HOME";
    let run = setup
        .command(&format!("fetch {} --out", setup.parent()))
        .arg(out)
        .line("--interval 0.01 --timeout 0.03")
        .run()
        .exit_code(5);
    let id = run.started_job();
    assert!(run.stderr.contains("error: timed out: job still running"));
    assert!(
        run.stderr.contains(&format!("; job {id}")),
        "{}",
        run.stderr
    );
    let line = run.resume_command();
    let imagine = setup.parent();
    // Without the timeout, which was too short.
    assert_eq!(
        line,
        format!(r"useapi-seed fetch {imagine} -o 'it'\''s a $HOME' --interval 0.01")
    );
    // What any shell makes of it; by then the job has ended.
    setup.emulator.advance(Duration::from_secs(60));
    let gone_on = crate::process::shell(setup.dir(), line)
        .at(&setup.emulator)
        .run()
        .exit_code(0);
    assert_eq!(gone_on.last_line(), out);
    assert_eq!(assert_complete(&setup.path(out))["job_id"], id);
}

#[test]
fn wait_submits_nothing() {
    let stub = Stub::start();
    stub.on_poll(200, r#"{"jobid": "9", "status": "progress"}"#);
    stub.run("wait 9 --interval 0.01 --timeout 0.05")
        .exit_code(5)
        .reported("waiting for job 9");
    assert!(stub.submitted().is_empty());
}

#[test]
fn wait_for_original_job_suggests_fetch() {
    let setup = Setup::running();
    let id = setup.parent();
    let wait = || setup.command(&format!("wait {id} -o out"));
    let run = wait().run().exit_code(1).reported("no started seed job");
    assert_eq!(
        run.suggested_command(),
        format!("useapi-seed fetch {id} -o out")
    );
    // With its seed it is as good as any.
    setup.fetch("first").run().exit_code(0);
    wait().run().exit_code(0);
    assert_complete(&setup.path("out"));
}

#[test]
fn account_halted_during_job_resumes() {
    let started = r#"{"jobid": "9", "status": "started"}"#;
    let failed = json!({"jobid": "9", "status": "failed", "parentJobId": "7", "code": 596});
    let halted = json!({"error": "pending", "code": 596});
    let cases = [
        (596, &halted, "fetch 5", "fetch 5 --interval 0.01 -o out"),
        (596, &halted, "wait 9", "wait 9 --interval 0.01 -o out"),
        // The job itself has failed: a fetch starts another one.
        (200, &failed, "fetch 5", "fetch 5 --interval 0.01 -o out"),
        (200, &failed, "wait 9", "fetch 7 -o out"),
    ];
    concurrently(cases, |(status, poll, line, command)| {
        let stub = Stub::start();
        stub.on_submit(200, started);
        stub.on_poll(status, poll.to_string());
        let run = stub.run(&format!("{line} --interval 0.01 -o out"));
        let run = run.exit_code(4);
        let reported = match (line, status) {
            ("wait 9", 200) => run.suggested_command(),
            _ => run.resume_command(),
        };
        assert_eq!(reported, format!("useapi-seed {command}"));
    });
}
