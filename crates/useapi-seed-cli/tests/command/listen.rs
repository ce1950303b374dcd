use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;
use useapi_seed::{Client, SubmitOptions, SubmitOutcome};
use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, Setup, assert_complete, assert_schema, command, names};

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
    /// Begins on a free port, with the address for an account's callbacks.
    fn start(command: &mut Command, port: &str, more: &[&str]) -> (Self, String) {
        let mut child = command
            .line(&format!("listen --port {port} --key-file key"))
            .args([
                "--public-url",
                &format!("http://127.0.0.1:{port}/callbacks"),
            ])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut listening = Self {
            stdout: BufReader::new(child.stdout.take().unwrap()),
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
        };
        assert_eq!(listening.told("listening on 127.0.0.1:"), port);
        let account = listening.told("replyUrl (account): ");
        (listening, account)
    }

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
async fn confirmed_events_are_json_lines() {
    let setup = Setup::running();
    let (port, parent) = (free_port(), setup.emulator.jobs().imagine.as_str());
    let mut command = command(setup.dir());
    let command = command.at(&setup.emulator);
    let (mut listening, account) = Listening::start(command, &port, &["--job", parent]);
    assert!(account.contains("/callbacks/account/"), "{account}");
    let reply_url = listening.told(&format!("replyUrl (job {parent}): "));

    let client = Client::builder(setup.emulator.token()).base_url(setup.emulator.base_url());
    let options = SubmitOptions::default().reply_url(reply_url);
    let submit = client.build().unwrap().submit(parent);
    let Ok(SubmitOutcome::Started(job)) = submit.with_options(options).await else {
        panic!("not started");
    };
    let finished = tokio::task::spawn_blocking(move || {
        loop {
            let event = listening.event();
            assert_schema("event", &event);
            assert_eq!(event["job_id"], job.id());
            if event["event"] == "completed" {
                return event;
            }
            assert_eq!(event["event"], "progress");
        }
    });
    let finished = finished.await.unwrap();
    assert_eq!(finished["parent_job_id"], parent);
    assert!(finished["seed"].is_u64());
    assert_eq!(finished["images"].as_array().unwrap().len(), 4);
    assert_eq!(names(setup.dir()), ["key"]);
}

/// It would be polled for long after the test's end.
#[test]
fn fetch_with_callback_ends_immediately() {
    let setup = Setup::running();
    let port = free_port();
    command(setup.dir())
        .line(&format!("fetch {} -o out", setup.parent()))
        .line("--interval 600 --timeout 1200 --reply-ref r --key-file key")
        .line(&format!("--callback-port {port}"))
        .args(["--callback-url", &format!("http://127.0.0.1:{port}")])
        .at(&setup.emulator)
        .run()
        .exit_code(0);
    assert_complete(&setup.path("out"));
}

#[test]
fn listen_bind_error_is_reported_before_requests() {
    let setup = Setup::of(Emulator::builder());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let free = free_port();
    std::fs::write(setup.path("open"), "0".repeat(64)).unwrap();
    for (port, key_file, url, code, words) in [
        (&free, "key", "ftp://example.com", 2, "must start with"),
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
            "is in use; choose another",
        ),
    ] {
        let run = |command: &mut std::process::Command| {
            command
                .at(&setup.emulator)
                .run()
                .exit_code(code)
                .reported(words);
        };
        run(command(setup.dir()).line(&format!(
            "listen --public-url {url} --port {port} --key-file {key_file}"
        )));
        run(command(setup.dir()).line(&format!(
            "fetch {} -o out --callback-url {url} --callback-port {port} --key-file {key_file}",
            setup.parent()
        )));
    }
    assert!(setup.emulator.journal().is_empty());
}

/// What happens while stdout is not read, or while idle connections are open.
#[cfg(unix)]
mod held_up {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::process::ExitStatus;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use serde_json::json;
    use useapi_seed::reqwest;

    use super::*;
    use crate::process::shell;
    use crate::stub::{Stub, TOKEN};

    const LONG: Duration = Duration::from_secs(60);

    /// A job with so much news that no pipe holds it, each look another.
    struct Talkative {
        stub: Stub,
        has_ended: Arc<AtomicBool>,
    }

    impl Talkative {
        fn start() -> Self {
            let has_ended = Arc::new(AtomicBool::new(false));
            let (ended, looks) = (Arc::clone(&has_ended), AtomicUsize::new(0));
            let stub = Stub::start();
            stub.on_each_poll(move || {
                let look = looks.fetch_add(1, Ordering::SeqCst);
                let status = if ended.load(Ordering::SeqCst) {
                    "cancelled"
                } else {
                    "progress"
                };
                let content = format!("{look} {}", "x".repeat(200_000));
                json!({ "jobid": "a-job", "status": status, "content": content }).to_string()
            });
            Self { stub, has_ended }
        }
    }

    async fn call(account: &str, status: &str) {
        let http = reqwest::Client::builder().no_proxy().timeout(LONG);
        let body = json!({ "jobid": "a-job", "status": status }).to_string();
        let call = http.build().unwrap().post(account).body(body);
        assert_eq!(call.send().await.unwrap().status(), 200);
    }

    async fn exit_status(child: &mut Child) -> ExitStatus {
        let ended = async {
            loop {
                if let Some(status) = child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LONG, ended).await.expect("it ends")
    }

    #[tokio::test]
    async fn unread_stdout_delays_no_callback() {
        let (service, dir) = (Talkative::start(), tempfile::tempdir().unwrap());
        let mut command = command(dir.path());
        let command = command.at_url(&service.stub.base_url(), TOKEN);
        let (mut listening, account) = Listening::start(command, &free_port(), &[]);
        let mut looks = 0;
        while looks < 4 {
            call(&account, "progress").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            looks = service.stub.requests();
        }
        service.has_ended.store(true, Ordering::SeqCst);
        for _ in 0..10 {
            call(&account, "cancelled").await;
        }

        // The events that waited are printed in their order.
        let mut last = None;
        loop {
            let event = listening.event();
            if event["event"] == "failed" {
                break;
            }
            let content = event["content"].as_str().unwrap();
            let look: usize = content.trim_end_matches('x').trim().parse().unwrap();
            assert!(Some(look) > last, "{look} after {last:?}");
            last = Some(look);
        }
        assert!(last >= Some(2), "{last:?}");
    }

    #[tokio::test]
    async fn unread_stdout_delays_no_interrupt() {
        let (service, dir) = (Talkative::start(), tempfile::tempdir().unwrap());
        let mut command = command(dir.path());
        let command = command.at_url(&service.stub.base_url(), TOKEN);
        let (mut listening, account) = Listening::start(command, &free_port(), &[]);
        call(&account, "progress").await;
        // The line has begun.
        listening.stdout.read_exact(&mut [0]).unwrap();
        let id = listening.child.id().try_into().unwrap();
        kill(Pid::from_raw(id), Signal::SIGINT).unwrap();
        assert_eq!(exit_status(&mut listening.child).await.code(), Some(0));
        listening.told("note: stdout was not read: some events were not printed");
    }

    #[tokio::test]
    async fn dropped_callback_is_reported() {
        let stub = Stub::start();
        stub.on_poll(401, r#"{"error":"Unauthorized","code":401}"#);
        let mut command = command(stub.dir());
        let command = command.at_url(&stub.base_url(), TOKEN);
        let (mut listening, account) = Listening::start(command, &free_port(), &[]);
        call(&account, "progress").await;
        listening.told("note: 1 callbacks dropped so far ");
    }

    #[tokio::test]
    async fn idle_connections_leave_files_for_lookups() {
        let (service, dir) = (Talkative::start(), tempfile::tempdir().unwrap());
        let mut command = shell(dir.path(), r#"ulimit -n 64; exec useapi-seed "$@""#);
        let command = command.arg("sh").at_url(&service.stub.base_url(), TOKEN);
        let port = free_port();
        let (_listening, account) = Listening::start(command, &port, &[]);
        let connect = || TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let mut honest = connect();
        let idle: Vec<_> = (0..100).map(|_| connect()).collect();
        let path = account.split_once(&port).unwrap().1;
        let body = r#"{"jobid":"a-job","status":"progress"}"#;
        let length = body.len();
        write!(
            honest,
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        honest.set_read_timeout(Some(LONG)).unwrap();
        let mut head = [0; 12];
        honest.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        let is_looked_up = async {
            while service.stub.requests() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let looked_up = tokio::time::timeout(LONG, is_looked_up).await;
        assert!(looked_up.is_ok(), "with {} idle connections", idle.len());
    }
}
