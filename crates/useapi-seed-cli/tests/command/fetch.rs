use std::process::Stdio;

use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, Setup, assert_complete, names};

#[test]
fn every_verb_is_submitted_once() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    for (job_id, seed) in [
        (&jobs.imagine, 3_058_471_692_u64),
        (&jobs.button, 417_290_336),
        (&jobs.blend, 4_294_967_295),
    ] {
        let out = format!("first-{seed}");
        let first = setup.fetch_job(job_id, &out).run().exit_code(0);
        let saved = assert_complete(&setup.path(&out));
        assert_eq!(saved["seed"], seed);
        assert_eq!(saved["job_id"], first.started_job());
        assert_eq!(first.stdout.lines().next(), Some(&*format!("seed {seed}")));
        assert_eq!(first.last_line(), out);

        // The directory is complete: nothing is sent.
        let calls = setup.emulator.journal().len();
        let again = setup.fetch_job(job_id, &out).run().exit_code(0);
        assert_eq!((again.stdout, again.stderr.as_str()), (first.stdout, ""));
        assert_eq!(setup.emulator.journal().len(), calls);

        // Another directory: the service has the seed.
        let other = format!("other-{seed}");
        setup
            .fetch_job(job_id, &other)
            .run()
            .exit_code(0)
            .reported("seed already available\n");
        assert_eq!(setup.emulator.job_counts()[job_id].started, 1);
        let saved = assert_complete(&setup.path(&other));
        assert_eq!(saved["seed"], seed);
        assert_eq!(saved["job_id"], **job_id);
    }
    assert_eq!(setup.emulator.leaked_token_requests(), 0);
}

#[test]
fn directory_is_named_after_job() {
    let setup = Setup::running();
    let job_id = setup.parent();
    let run = setup.run(&format!("fetch {job_id}")).exit_code(0);
    let name = job_id.replace(':', "-");
    assert_eq!(run.last_line(), name);
    assert_eq!(names(setup.dir()), [name.as_str()]);
    assert_complete(&setup.path(name));
}

#[test]
fn progress_prints_one_line_per_change() {
    let setup = Setup::of(Emulator::builder().time_scale(20.0));
    let job_id = setup.parent();
    let run = setup
        .run(&format!("fetch {job_id} --interval 0.001 -o out"))
        .exit_code(0)
        .reported("\nqueued\n")
        .reported("\n50%\n");
    let mut lines: Vec<&str> = run.stderr.lines().collect();
    let count = lines.len();
    lines.dedup();
    assert_eq!(lines.len(), count, "{}", run.stderr);
}

/// The references are in the response, so they were sent.
#[test]
fn reply_options_are_sent() {
    let setup = Setup::running();
    let url = "https://callback.example/seed";
    setup
        .fetch("out")
        .args(["--reply-url", url, "--reply-ref", "order 17"])
        .run()
        .exit_code(0);
    let job = crate::process::json(&setup.path("out/job.json"));
    assert_eq!(job["replyUrl"], url);
    assert_eq!(job["replyRef"], "order 17");
}

#[test]
fn closed_output_does_not_stop_fetch() {
    let setup = Setup::running();
    let mut child = setup
        .fetch("out")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_complete(&setup.path("out"));
}

#[cfg(target_os = "linux")]
#[test]
fn unprintable_result_exits_9() {
    let setup = Setup::running();
    let full = std::fs::File::create("/dev/full").unwrap();
    setup
        .fetch("out")
        .stdout(full)
        .run()
        .exit_code(9)
        .reported("error: cannot print the result");
    assert_complete(&setup.path("out"));
}
