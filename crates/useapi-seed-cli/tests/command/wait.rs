use std::time::Duration;

use serde_json::json;
use useapi_seed_emulator::Emulator;

use crate::process::{At, FAST, command, fetch, whole};
use crate::stub::Stub;

#[cfg(unix)]
#[tokio::test]
async fn the_line_told_at_the_deadline_goes_on() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = "it's a $HOME";
    let run = command(folder.path())
        .args(["fetch", &emulator.jobs().imagine, "--out", out])
        .args(["--interval", "0.01", "--timeout", "0.03"])
        .at(&emulator)
        .run()
        .ended(5);
    let id = run.started();
    assert!(run.stderr.contains("error: timed out: job still running"));
    assert!(
        run.stderr.contains(&format!("; job {id}")),
        "{}",
        run.stderr
    );
    let line = run.goes_on();
    let imagine = &emulator.jobs().imagine;
    // Without the timeout, which was too short.
    assert_eq!(
        line,
        format!(r"useapi-seed fetch {imagine} --out 'it'\''s a $HOME' --interval 0.01")
    );
    // What any shell makes of it; by then the job has ended.
    emulator.advance(Duration::from_secs(60));
    let gone_on = crate::process::shell(folder.path(), line)
        .at(&emulator)
        .run()
        .ended(0);
    assert_eq!(gone_on.last_line(), out);
    assert_eq!(whole(&folder.path().join(out))["job_id"], id);
}

#[tokio::test]
async fn nothing_is_submitted() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    stub.on_look(200, r#"{"jobid": "9", "status": "progress"}"#)
        .await;
    stub.run(
        folder.path(),
        &["wait", "9", "--interval", "0.01", "--timeout", "0.05"],
    )
    .ended(5)
    .told("waiting for job 9");
    // A submission would be answered with 404, which is 3.
    assert!(stub.requests().await >= 2);
}

#[tokio::test]
async fn the_original_job_is_told_from_a_started_one() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let id = &emulator.jobs().imagine;
    let wait = || {
        let mut command = command(folder.path());
        command
            .args(["wait", id, "--interval", "0.01", "--out", "out"])
            .at(&emulator);
        command
    };
    let run = wait().run().ended(1).told("no started seed job");
    assert_eq!(run.suggested(), format!("useapi-seed fetch {id} --out out"));
    // With its seed it is as good as any.
    fetch(folder.path(), &emulator, id, "first").run().ended(0);
    wait().run().ended(0);
    whole(&folder.path().join("out"));
}

#[tokio::test]
async fn an_account_that_is_halted_meanwhile_does_not_end_the_job() {
    let started = r#"{"jobid": "9", "status": "started"}"#;
    let failed = json!({"jobid": "9", "status": "failed", "parentJobId": "7", "code": 596});
    let halted = json!({"error": "pending", "code": 596});
    let again = |command: &str| format!("useapi-seed {command} --interval 0.01 --out out");
    for (status, look, arguments, line) in [
        (596, &halted, ["fetch", "5"], again("fetch 5")),
        (596, &halted, ["wait", "9"], again("wait 9")),
        // The job itself has failed: a fetch starts another one.
        (200, &failed, ["fetch", "5"], again("fetch 5")),
        (
            200,
            &failed,
            ["wait", "9"],
            "useapi-seed fetch 7 --out out".to_owned(),
        ),
    ] {
        // One for each: another stub may have the same port.
        let folder = tempfile::tempdir().unwrap();
        let stub = Stub::start().await;
        stub.on_submit(200, started).await;
        stub.on_look(status, look.to_string()).await;
        let options = ["--interval", "0.01", "--out", "out"];
        let run = stub
            .run(folder.path(), &[&arguments[..], &options].concat())
            .ended(4);
        let told = match arguments {
            ["wait", _] if status == 200 => run.suggested(),
            _ => run.goes_on(),
        };
        assert_eq!(told, line);
    }
}
