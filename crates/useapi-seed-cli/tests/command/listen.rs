use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use serde_json::Value;
use useapi_seed::{Client, Submitted};
use useapi_seed_emulator::Emulator;

use crate::process::{At, FAST, assert_schema, command, names, whole};

/// `listen` as a process; it ends with the test.
struct Listening {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Listening {
    /// The rest of the next line on stderr that begins so.
    fn told(&mut self, start: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "no {start}");
            if let Some(rest) = line.trim_end().strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    fn event(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[tokio::test]
async fn confirmed_events_are_lines_of_json() {
    let emulator = Emulator::builder().speed(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (port, parent) = (free_port(), emulator.jobs().imagine.as_str());
    let mut child = command(folder.path())
        .args([
            "listen",
            "--port",
            &port,
            "--key-file",
            "key",
            "--for",
            parent,
        ])
        .args([
            "--public-url",
            &format!("http://127.0.0.1:{port}/callbacks"),
        ])
        .at(&emulator)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut listening = Listening {
        stdout: BufReader::new(child.stdout.take().unwrap()),
        stderr: BufReader::new(child.stderr.take().unwrap()),
        child,
    };
    assert_eq!(listening.told("listening on 127.0.0.1:"), port);
    let account = listening.told("replyUrl of the account: ");
    assert!(account.contains("/callbacks/account/"), "{account}");
    let reply_url = listening.told(&format!("replyUrl for job {parent}: "));

    let client = Client::builder(emulator.token()).base_url(emulator.base_url());
    let submit = client.build().unwrap().submit(parent).reply_url(reply_url);
    let Ok(Submitted::Started(job)) = submit.send().await else {
        panic!("not started");
    };
    let finished = tokio::task::spawn_blocking(move || {
        loop {
            let event = listening.event();
            assert_schema("event", &event);
            assert_eq!(event["job_id"], job.id());
            if event["event"] == "finished" {
                return event;
            }
            assert_eq!(event["event"], "progress");
        }
    });
    let finished = finished.await.unwrap();
    assert_eq!(finished["original_job_id"], parent);
    assert!(finished["seed"].is_u64());
    assert_eq!(finished["images"].as_array().unwrap().len(), 4);
    assert_eq!(names(folder.path()), ["key"]);
}

/// It would be polled for long after the test's end.
#[tokio::test]
async fn a_fetch_that_is_called_ends_at_once() {
    let emulator = Emulator::builder().speed(FAST).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    command(folder.path())
        .args(["fetch", &emulator.jobs().imagine, "--out", "out"])
        .args(["--interval", "600", "--timeout", "1200", "--reply-ref", "r"])
        .args(["--callback-port", &port, "--key-file", "key"])
        .args(["--callback-url", &format!("http://127.0.0.1:{port}")])
        .at(&emulator)
        .run()
        .ended(0);
    whole(&folder.path().join("out"));
}

#[tokio::test]
async fn what_cannot_be_listened_at_is_told_before_anything_is_sent() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let free = free_port();
    std::fs::write(folder.path().join("open"), "0".repeat(64)).unwrap();
    for (port, key_file, url, code, words) in [
        (&free, "key", "ftp://example.com", 2, "has to begin with"),
        (
            &free,
            "no/key",
            "https://example.com",
            9,
            "cannot use the key file no/key",
        ),
        #[cfg(unix)]
        (&free, "open", "https://example.com", 9, "chmod 600 open"),
        (
            &taken,
            "key",
            "https://example.com",
            1,
            "cannot listen on port",
        ),
    ] {
        let run = |command: &mut std::process::Command| {
            command.at(&emulator).run().ended(code).told(words);
        };
        run(command(folder.path())
            .args(["listen", "--public-url", url, "--port", port])
            .args(["--key-file", key_file]));
        run(command(folder.path())
            .args(["fetch", &emulator.jobs().imagine, "--out", "out"])
            .args(["--callback-url", url, "--callback-port", port])
            .args(["--key-file", key_file]));
    }
    assert!(emulator.journal().is_empty());
}
