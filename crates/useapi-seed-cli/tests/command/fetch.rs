use std::process::Stdio;

use useapi_seed_emulator::Emulator;

use crate::process::{At, FAST, command, fetch, names, whole};

#[tokio::test]
async fn each_kind_of_job_gives_its_seed_and_costs_nothing_again() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let jobs = emulator.jobs();
    for (job_id, seed) in [
        (&jobs.imagine, 3_058_471_692_u64),
        (&jobs.button, 417_290_336),
        (&jobs.blend, 4_294_967_295),
    ] {
        let out = format!("first-{seed}");
        let first = fetch(folder.path(), &emulator, job_id, &out).run().ended(0);
        let understood = whole(&folder.path().join(&out));
        assert_eq!(understood["seed"], seed);
        assert_eq!(understood["job_id"], first.started());
        assert_eq!(first.stdout.lines().next(), Some(&*format!("seed {seed}")));
        assert_eq!(first.last_line(), out);

        // The same folder is whole: nothing is sent.
        let calls = emulator.journal().len();
        let again = fetch(folder.path(), &emulator, job_id, &out).run().ended(0);
        assert_eq!((again.stdout, again.stderr.as_str()), (first.stdout, ""));
        assert_eq!(emulator.journal().len(), calls);

        // Another one: the service has the seed.
        let other = format!("other-{seed}");
        fetch(folder.path(), &emulator, job_id, &other)
            .run()
            .ended(0)
            .told(&format!("the seed of job {job_id} was retrieved before"));
        assert_eq!(emulator.job_counts()[job_id].started, 1);
        let understood = whole(&folder.path().join(&other));
        assert_eq!(understood["seed"], seed);
        assert_eq!(understood["job_id"], **job_id);
    }
    assert_eq!(emulator.leaked_token_requests(), 0);
}

#[tokio::test]
async fn the_folder_is_named_after_the_job() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let run = command(folder.path())
        .args(["fetch", job_id, "--interval", "0.02"])
        .at(&emulator)
        .run()
        .ended(0);
    let name = job_id.replace(':', "-");
    assert_eq!(run.last_line(), name);
    assert_eq!(names(folder.path()), [name.as_str()]);
    whole(&folder.path().join(name));
}

#[tokio::test]
async fn progress_is_told_in_lines_one_for_each_change() {
    let emulator = Emulator::builder().time_scale(20.0).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let run = command(folder.path())
        .args(["fetch", job_id, "--interval", "0.001", "--out", "out"])
        .at(&emulator)
        .run()
        .ended(0)
        .told("progress, ");
    let mut lines: Vec<&str> = run.stderr.lines().collect();
    let told = lines.len();
    lines.dedup();
    assert_eq!(lines.len(), told, "{}", run.stderr);
}

/// The references come back in the answer, so they were sent.
#[tokio::test]
async fn replies_are_asked_for() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = "https://callback.example/seed";
    fetch(folder.path(), &emulator, &emulator.jobs().imagine, "out")
        .args(["--reply-url", url, "--reply-ref", "order 17"])
        .run()
        .ended(0);
    let job = crate::process::json(&folder.path().join("out/job.json"));
    assert_eq!(job["replyUrl"], url);
    assert_eq!(job["replyRef"], "order 17");
}

#[tokio::test]
async fn nobody_has_to_read_what_is_printed() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut child = fetch(folder.path(), &emulator, &emulator.jobs().imagine, "out")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    whole(&folder.path().join("out"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_result_that_cannot_be_printed_is_no_success() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::File::create("/dev/full").unwrap();
    fetch(folder.path(), &emulator, &emulator.jobs().imagine, "out")
        .stdout(full)
        .run()
        .ended(9)
        .told("error: cannot print the result");
    whole(&folder.path().join("out"));
}
