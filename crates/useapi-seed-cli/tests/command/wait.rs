use std::time::Duration;

use serde_json::json;

use crate::process::{CommandExt, Setup, assert_complete, concurrently};
use crate::stub::Stub;

#[cfg(unix)]
#[test]
fn timeout_prints_resume_command() {
    let setup = Setup::paused();
    let out = "it's a $HOME";
    let run = setup
        .command(&format!("fetch {} -o", setup.parent()))
        .arg(out)
        .line("--interval 0.01 --timeout 0.001")
        .run()
        .exit_code(5)
        .reported("; the job is still running: ");
    let id = run.started_job();
    let line = run.resume_command();
    let imagine = setup.parent();
    // Without the timeout, which was too short.
    assert_eq!(
        line,
        format!(r"useapi-seed fetch {imagine} -o 'it'\''s a $HOME' --interval 0.01")
    );
    // What any shell makes of it; by then the job has ended.
    setup.emulator.advance(Duration::from_secs(60));
    let resumed = crate::process::shell(setup.dir(), line)
        .at(&setup.emulator)
        .run()
        .exit_code(0);
    assert_eq!(resumed.last_line(), out);
    assert_eq!(assert_complete(&setup.path(out))["job_id"], id);
}

#[test]
fn wait_submits_nothing() {
    let stub = Stub::start();
    stub.on_poll(200, r#"{"jobid": "9", "status": "progress"}"#);
    stub.run("wait 9 --interval 0.01 --timeout 0.001")
        .exit_code(5)
        .reported("waiting for 9\n");
    assert!(stub.submitted().is_empty());
}

#[test]
fn wait_for_original_job_suggests_fetch() {
    let setup = Setup::running();
    let id = setup.parent();
    let wait = || setup.command(&format!("wait {id} -o out"));
    let run = wait()
        .run()
        .exit_code(1)
        .reported("Not a seed job. To get its seed:");
    assert_eq!(
        run.suggested_command(),
        format!("useapi-seed fetch -o out {id}")
    );
    // Once it has its seed, it is as good as a seed job.
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
        (200, &failed, "wait 9", "fetch -o out 7"),
    ];
    concurrently(cases, |(status, poll, line, command)| {
        let stub = Stub::start();
        stub.on_submit(200, started);
        stub.on_poll(status, poll.to_string());
        let run = stub.run(&format!("{line} --interval 0.01 -o out"));
        let run = run.exit_code(4);
        assert!(!run.stderr.contains("HTTP 200"), "{}", run.stderr);
        let reported = match (line, status) {
            ("wait 9", 200) => run.suggested_command(),
            _ => run.resume_command(),
        };
        assert_eq!(reported, format!("useapi-seed {command}"));
    });
}
