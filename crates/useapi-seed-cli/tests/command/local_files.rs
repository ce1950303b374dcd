//! Locks and files in an output directory, and what is in their place.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use useapi_seed_emulator::{Emulator, Fault, JournalEntry, Operation, Trigger};

use crate::process::{At, FAST, Run, WHOLE, command, fetch, names, whole};
use crate::stub::{Stub, TOKEN};

/// Runs a command that must not block.
fn run(mut command: Command) -> Run {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    ended(command.spawn().unwrap())
}

fn ended(mut child: Child) -> Run {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        let is_blocked = begun.elapsed() > Duration::from_secs(20);
        if is_blocked {
            child.kill().unwrap();
        }
        assert!(!is_blocked, "it blocks");
        std::thread::sleep(Duration::from_millis(2));
    }
    Run::of(child.wait_with_output().unwrap())
}

fn fifo(path: &Path) {
    mkfifo(path, Mode::S_IRWXU).unwrap();
}

fn submissions(emulator: &Emulator) -> usize {
    let is_submission = |call: &&JournalEntry| call.operation == Some(Operation::RetrieveSeed);
    emulator.journal().iter().filter(is_submission).count()
}

#[tokio::test]
async fn job_lock_without_state_allows_one_submission() {
    for variable in ["HOME", "XDG_STATE_HOME"] {
        let latency = Fault::Latency { milliseconds: 300 };
        let emulator = Emulator::builder()
            .time_scale(FAST)
            .fault(Operation::RetrieveSeed, Trigger::Next(3), latency)
            .start()
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let start = |out: &str| {
            let mut fetch = fetch(folder.path(), &emulator, &emulator.jobs().imagine, out);
            match variable {
                "HOME" => fetch.env_remove("HOME"),
                // Not even root can create a directory below it.
                _ => fetch.env(variable, folder.path().join("file")),
            };
            fetch.stdout(Stdio::piped()).stderr(Stdio::piped());
            fetch.spawn().unwrap()
        };
        let children = ["one", "two", "three"].map(start);
        let runs = tokio::task::spawn_blocking(move || children.map(ended));
        for run in runs.await.unwrap() {
            run.ended(0);
        }
        assert_eq!(submissions(&emulator), 1, "{variable}");
        for out in ["one", "two", "three"] {
            whole(&folder.path().join(out));
        }
        // The locks are gone.
        let user = rustix::process::geteuid().as_raw();
        let locks = folder.path().join(format!(".tmp/useapi-seed-{user}/jobs"));
        assert!(names(&locks).is_empty());
    }
}

#[tokio::test]
async fn job_lock_falls_back_to_output_directory() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    let mut fetch = fetch(folder.path(), &emulator, job_id, "out");
    fetch.env("TMPDIR", "/dev/null");
    run(fetch)
        .ended(0)
        .told("note: jobs are locked in their own directories only: ")
        .told("/dev/null/.local/state");
    whole(&folder.path().join("out"));
}

/// Whatever the directory lacks is a reason to write to it; here nothing is lacking.
#[tokio::test]
async fn finished_directory_needs_no_lock() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let job_id = &emulator.jobs().imagine;
    let fetch = || fetch(folder.path(), &emulator, job_id, "out");
    let first = fetch().run().ended(0);
    let calls = emulator.journal().len();
    // It can be locked no more than on a read-only file system.
    fs::create_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::write(out.join("pending.json"), "{}").unwrap();
    let again = run(fetch()).ended(0);
    assert_eq!((again.stdout, again.stderr.as_str()), (first.stdout, ""));
    let mut wait = command(folder.path());
    wait.args(["wait", job_id, "--out", "out"]).at(&emulator);
    run(wait).ended(0);
    assert_eq!(emulator.journal().len(), calls);

    // What a killed process has left goes where that is possible.
    fs::remove_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::write(out.join(".useapi-seed-abc.part"), "").unwrap();
    run(fetch()).ended(0);
    whole(&out);
    assert_eq!(emulator.journal().len(), calls);

    // An unfinished one needs it.
    fs::create_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::remove_file(out.join("image-1.png")).unwrap();
    run(fetch())
        .ended(9)
        .told("cannot write to out: cannot lock out/.useapi-seed.lock: ");
    assert_eq!(emulator.journal().len(), calls);
}

/// As the case of a mounted archive has it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn finished_read_only_directory_is_left_alone() {
    let emulator = Emulator::builder().time_scale(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job_id = &emulator.jobs().imagine;
    fetch(folder.path(), &emulator, job_id, "out")
        .run()
        .ended(0);
    let calls = emulator.journal().len();
    let line = format!(
        "unshare --mount --map-root-user sh -c 'mount --bind out out && \
         mount -o remount,ro,bind out && ! touch out/file 2>/dev/null && echo mounted && \
         exec useapi-seed fetch {job_id} --out out'"
    );
    let run = crate::process::shell(folder.path(), &line)
        .at(&emulator)
        .run();
    assert!(
        run.stdout.starts_with("mounted\n"),
        "this test needs unshare and mount, of util-linux, and the right to use them: {}",
        run.stderr
    );
    run.ended(0);
    assert_eq!(emulator.journal().len(), calls);
}

#[tokio::test]
async fn unusual_files_are_neither_followed_nor_waited_for() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let target = folder.path().join("target");
    for name in [".useapi-seed.lock", "seed.json", "pending.json"] {
        for (kind, cause) in [
            ("fifo", "it is not a regular file"),
            ("link", "it is a symbolic link"),
            ("large", "it is larger than 16777216 bytes"),
        ] {
            if (name, kind) == (".useapi-seed.lock", "large") {
                continue;
            }
            fs::create_dir(&out).unwrap();
            let path = out.join(name);
            match kind {
                "fifo" => fifo(&path),
                "link" => {
                    fs::write(&target, "{}").unwrap();
                    symlink(&target, &path).unwrap();
                }
                _ => {
                    let file = fs::File::create(&path).unwrap();
                    file.set_len(16 * 1024 * 1024 + 1).unwrap();
                }
            }
            let mut fetch = command(folder.path());
            fetch.args(["fetch", "5", "--out", "out"]);
            fetch.at_url(&stub.base_url(), TOKEN);
            run(fetch).ended(9).told(name).told(cause);
            fs::remove_dir_all(&out).unwrap();
        }
    }
    assert_eq!(stub.requests().await, 0);
}

#[test]
fn settings_that_are_no_files_do_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("useapi-seed");
    fs::create_dir(&settings).unwrap();
    let jobs = || {
        let mut jobs = command(folder.path());
        jobs.arg("jobs").env("XDG_CONFIG_HOME", folder.path());
        jobs
    };
    for name in ["token", "config.toml"] {
        fifo(&settings.join(name));
        run(jobs()).ended(2).told("it is not a regular file");
        fs::remove_file(settings.join(name)).unwrap();
        let file = fs::File::create(settings.join(name)).unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .unwrap();
        file.set_len(2 * 1024 * 1024).unwrap();
        run(jobs()).ended(2).told("it is larger than 1048576 bytes");
        fs::remove_file(settings.join(name)).unwrap();
    }
    // A named one may be a pipe.
    crate::process::shell(
        folder.path(),
        "echo | useapi-seed config --config /dev/stdin",
    )
    .run()
    .ended(0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn directory_that_cannot_be_created_says_why() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    // Not even root can create one there.
    stub.run(folder.path(), &["fetch", "5", "--out", "/proc/out/5"])
        .ended(9)
        .told("cannot write to /proc/out/5: ")
        .told("No such file or directory");
    assert_eq!(stub.requests().await, 0);
}

#[tokio::test]
async fn parts_of_killed_processes_are_removed() {
    let stub = Stub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let job = stub.job(["a.png"; 4]);
    stub.on_submit(200, job.to_string()).await;
    stub.on_look(200, job.to_string()).await;
    stub.on_images().await;
    let plant = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    };
    let is_there = |path: &str| folder.path().join(path).exists();
    for task in ["fetch", "wait"] {
        let parts = [".useapi-seed-image-abc.part", ".useapi-seed-abc.part"];
        let others = [".image-1-abc.part"];
        let out = |name: &str| format!("{task}/{name}");
        for name in parts.into_iter().chain(others) {
            plant(&out(name));
        }
        plant(&format!("state/useapi-seed/{}", parts[1]));
        command(folder.path())
            .args([task, job["jobid"].as_str().unwrap(), "--out", task])
            .args(["--interval", "0.01"])
            .at_url(&stub.base_url(), TOKEN)
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .run()
            .ended(0);
        assert!(parts.iter().all(|name| !is_there(&out(name))));
        // Another program's.
        assert!(others.iter().all(|name| is_there(&out(name))));
        fs::remove_file(folder.path().join(out(others[0]))).unwrap();
        assert_eq!(names(&folder.path().join(task)), WHOLE);
    }
}

#[tokio::test]
async fn job_ids_that_look_alike_have_directories_of_their_own() {
    let stub = Stub::with_result().await;
    let folder = tempfile::tempdir().unwrap();
    let long = "7".repeat(60);
    let (one, other) = (format!("{long}1"), format!("{long}2"));
    let ids = ["1-2", "1:2", "a1c", "A1C", &one, &other];
    let run = stub.run(folder.path(), &[&["fetch"][..], &ids].concat());
    run.ended(0).told("6 done, 0 failed, 0 waiting");
    let mut found: Vec<_> = names(folder.path())
        .into_iter()
        .map(|name| name.to_lowercase())
        .collect();
    found.dedup();
    assert_eq!(found.len(), ids.len() + 1, "{found:?}");
    for name in ["1-2", "a1c"] {
        assert!(folder.path().join(name).is_dir());
    }
}
