//! Locks and files in an output directory, and what is in their place.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use useapi_seed_emulator::Operation;

use crate::process::{
    COMPLETE, CommandExt, FAST, Run, Setup, assert_complete, command, concurrently, names,
    wait_until,
};
use crate::stub::{Stub, TOKEN};

/// Runs a command that must not block.
fn run(mut command: Command) -> Run {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    ended(command.spawn().unwrap())
}

fn ended(mut child: Child) -> Run {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        let is_blocked = started.elapsed() > Duration::from_secs(60);
        if is_blocked {
            child.kill().unwrap();
        }
        assert!(!is_blocked, "the command blocks");
        std::thread::sleep(Duration::from_millis(2));
    }
    Run::of(child.wait_with_output().unwrap())
}

fn fifo(path: &Path) {
    mkfifo(path, Mode::S_IRWXU).unwrap();
}

#[test]
fn job_lock_without_state_allows_one_submission() {
    concurrently(["HOME", "XDG_STATE_HOME"], |variable| {
        let setup = Setup::paused();
        fs::write(setup.path("file"), "").unwrap();
        let start = |out: &str| {
            let mut fetch = setup.fetch(out);
            match variable {
                "HOME" => fetch.env("HOME", "relative"),
                // Not even root can create a directory below it.
                _ => fetch.env(variable, setup.path("file")),
            };
            fetch.stdout(Stdio::piped()).stderr(Stdio::piped());
            fetch.spawn().unwrap()
        };
        let outs = ["one", "two", "three"];
        let children = outs.map(start);
        // All of them have started before the first submission has a result.
        wait_until(|| {
            let lock = |out: &&str| setup.path(out).join(".useapi-seed.lock").exists();
            outs.iter().all(lock) && setup.calls(Operation::RetrieveSeed) > 0
        });
        setup.emulator.set_time_scale(FAST).unwrap();
        for child in children {
            ended(child).exit_code(0);
        }
        assert_eq!(setup.started(), 1, "{variable}");
        for out in outs {
            assert_complete(&setup.path(out));
        }
        // The locks are gone.
        let user = rustix::process::geteuid().as_raw();
        let locks = setup.path(format!(".tmp/useapi-seed-{user}/jobs"));
        assert!(names(&locks).is_empty());
    });
}

#[test]
fn job_lock_falls_back_to_output_directory() {
    let setup = Setup::running();
    let mut fetch = setup.fetch("out");
    fetch.env("TMPDIR", "/dev/null");
    run(fetch)
        .exit_code(0)
        .reported("note: jobs are locked in their own directories only: ")
        .reported("/dev/null/.local/state");
    assert_complete(&setup.path("out"));
}

/// A directory is written to only when something is missing.
#[test]
fn finished_directory_needs_no_lock() {
    let setup = Setup::running();
    let out = setup.path("out");
    let job_id = setup.parent();
    let fetch = || setup.fetch("out");
    let first = fetch().run().exit_code(0);
    let requests = setup.emulator.journal().len();
    // It cannot be locked, as on a read-only file system.
    fs::create_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::write(out.join("pending.json"), "{}").unwrap();
    let again = run(fetch()).exit_code(0);
    assert_eq!((again.stdout, again.stderr.as_str()), (first.stdout, ""));
    run(setup.command(&format!("wait {job_id} -o out"))).exit_code(0);
    assert_eq!(setup.emulator.journal().len(), requests);

    // What a killed process has left is removed where that is possible.
    fs::remove_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::write(out.join(".useapi-seed-abc.part"), "").unwrap();
    run(fetch()).exit_code(0);
    assert_complete(&out);
    assert_eq!(setup.emulator.journal().len(), requests);

    // An incomplete one needs the lock.
    fs::create_dir(out.join(".useapi-seed.lock")).unwrap();
    fs::remove_file(out.join("image-1.png")).unwrap();
    run(fetch())
        .exit_code(9)
        .reported("cannot write to out: cannot lock out/.useapi-seed.lock: ");
    assert_eq!(setup.emulator.journal().len(), requests);
}

/// As in a mounted archive.
#[cfg(target_os = "linux")]
#[test]
fn finished_read_only_directory_is_left_alone() {
    let setup = Setup::running();
    let job_id = setup.parent();
    setup.fetch("out").run().exit_code(0);
    let requests = setup.emulator.journal().len();
    let line = format!(
        "unshare --mount --map-root-user sh -c 'mount --bind out out && \
         mount -o remount,ro,bind out && ! touch out/file 2>/dev/null && echo mounted && \
         exec useapi-seed fetch {job_id} -o out'"
    );
    let run = crate::process::shell(setup.dir(), &line)
        .at(&setup.emulator)
        .run();
    assert!(
        run.stdout.starts_with("mounted\n"),
        "this test needs unshare and mount, of util-linux, and the right to use them: {}",
        run.stderr
    );
    run.exit_code(0);
    assert_eq!(setup.emulator.journal().len(), requests);
}

#[test]
fn unusual_files_are_rejected() {
    let stub = Stub::start();
    let out = stub.path("out");
    let target = stub.path("target");
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
            let mut fetch = command(stub.dir());
            fetch.line("fetch 5 -o out");
            fetch.at_url(&stub.base_url(), TOKEN);
            run(fetch).exit_code(9).reported(name).reported(cause);
            fs::remove_dir_all(&out).unwrap();
        }
    }
    assert_eq!(stub.requests(), 0);
}

#[test]
fn settings_in_fifo_do_not_block() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("useapi-seed");
    fs::create_dir(&settings).unwrap();
    let jobs = || {
        let mut jobs = command(dir.path());
        jobs.arg("jobs").env("XDG_CONFIG_HOME", dir.path());
        jobs
    };
    for name in ["token", "config.toml"] {
        fifo(&settings.join(name));
        run(jobs())
            .exit_code(2)
            .reported("it is not a regular file");
        fs::remove_file(settings.join(name)).unwrap();
        let file = fs::File::create(settings.join(name)).unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .unwrap();
        file.set_len(2 * 1024 * 1024).unwrap();
        run(jobs())
            .exit_code(2)
            .reported("it is larger than 1048576 bytes");
        fs::remove_file(settings.join(name)).unwrap();
    }
    // A file that was named may be a pipe.
    crate::process::shell(dir.path(), "echo | useapi-seed config --config /dev/stdin")
        .run()
        .exit_code(0);
}

#[cfg(target_os = "linux")]
#[test]
fn directory_creation_error_is_reported() {
    let stub = Stub::start();
    // Not even root can create one there.
    stub.run("fetch 5 -o /proc/out/5")
        .exit_code(9)
        .reported("cannot write to /proc/out/5: ")
        .reported("No such file or directory");
    assert_eq!(stub.requests(), 0);
}

#[test]
fn parts_of_killed_processes_are_removed() {
    let stub = Stub::start();
    let job = stub.job();
    stub.on_submit(200, job.to_string());
    stub.on_poll(200, job.to_string());
    stub.on_images();
    let plant = |path: &str| {
        let path = stub.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    };
    let exists = |path: &str| stub.path(path).exists();
    for task in ["fetch", "wait"] {
        let parts = [".useapi-seed-image-abc.part", ".useapi-seed-abc.part"];
        let others = [".image-1-abc.part"];
        let out = |name: &str| format!("{task}/{name}");
        for name in parts.into_iter().chain(others) {
            plant(&out(name));
        }
        plant(&format!("state/useapi-seed/{}", parts[1]));
        command(stub.dir())
            .args([task, job["jobid"].as_str().unwrap(), "-o", task])
            .at_url(&stub.base_url(), TOKEN)
            .env("XDG_STATE_HOME", stub.path("state"))
            .run()
            .exit_code(0);
        assert!(parts.iter().all(|name| !exists(&out(name))));
        // Another program's.
        assert!(others.iter().all(|name| exists(&out(name))));
        fs::remove_file(stub.path(out(others[0]))).unwrap();
        assert_eq!(names(&stub.path(task)), COMPLETE);
    }
}

#[test]
fn similar_job_ids_have_own_directories() {
    let stub = Stub::with_result();
    let long = "7".repeat(60);
    let (one, other) = (format!("{long}1"), format!("{long}2"));
    let ids = ["1-2", "1:2", "a1c", "A1C", &one, &other];
    let run = stub.run(&format!("fetch {}", ids.join(" ")));
    run.exit_code(0).reported("6 saved in ");
    let mut found: Vec<_> = names(stub.dir())
        .into_iter()
        .map(|name| name.to_lowercase())
        .collect();
    found.dedup();
    // And the page and the list of all.
    assert_eq!(found.len(), ids.len() + 2, "{found:?}");
    for name in ["1-2", "a1c"] {
        assert!(stub.path(name).is_dir());
    }
}
