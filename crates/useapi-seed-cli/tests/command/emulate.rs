use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::process::{CommandExt, assert_complete, command};

/// The emulator as a process; it ends with the test.
struct Emulating {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Emulating {
    fn start(dir: &Path, arguments: &[&str]) -> Self {
        Self::of(dir, &[&["--speed", "600"], arguments].concat())
    }

    fn of(dir: &Path, arguments: &[&str]) -> Self {
        let child = command(dir)
            .arg("emulate")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Self::of_child(child.unwrap())
    }

    fn of_child(mut child: Child) -> Self {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Emulating {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn json_line_suffices_for_other_programs() {
    let dir = tempfile::tempdir().unwrap();
    let mut emulating = Emulating::start(dir.path(), &["--json"]);
    let news: Value = serde_json::from_str(&emulating.line()).unwrap();
    crate::process::assert_schema("emulator", &news);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (base_url, token) = (text(&news["base_url"]), text(&news["token"]));
    assert!(base_url.ends_with("/v2"), "{base_url}");
    assert_eq!(news.as_object().unwrap().len(), 4);
    let page = base_url.replace("/v2", "/_emulator/page/");
    assert_eq!(text(&news["page"]), page);
    let jobs = news["jobs"].as_object().unwrap();
    assert_eq!(jobs.len(), 9);

    for (name, code) in [
        ("imagine", 0),
        ("button", 0),
        ("blend", 0),
        ("progress", 3),
        ("unsupported", 3),
        ("halted", 4),
    ] {
        command(dir.path())
            .args(["fetch", &text(&jobs[name]), "-o", name])
            .line("--interval 0.02")
            .at_url(&base_url, &token)
            .run()
            .exit_code(code);
        if code == 0 {
            assert_complete(&dir.path().join(name));
        }
    }

    // It still serves, and printed nothing more.
    assert!(emulating.child.try_wait().unwrap().is_none());
    emulating.child.kill().unwrap();
    let mut rest = String::new();
    emulating.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[cfg(unix)]
#[test]
fn printed_commands_run_and_ctrl_c_ends_emulator() {
    let dir = tempfile::tempdir().unwrap();
    let mut emulating = Emulating::start(dir.path(), &[]);
    let mut script = Vec::new();
    loop {
        let line = emulating.line();
        assert_ne!(line, "", "the output ended");
        if line.starts_with("  export ") || line.starts_with("  useapi-seed ") {
            script.push(line.trim().to_owned());
        }
        if line.starts_with("Press Ctrl-C") {
            break;
        }
    }
    assert_eq!(script.len(), 2);
    // As pasted, but for the second between two looks.
    let script = script.join("\n");
    let hurried = script.replace("--interval 1s", "--interval 0.02");
    assert_ne!(hurried, script);
    let run = crate::process::shell(dir.path(), &hurried)
        .run()
        .exit_code(0);
    assert_complete(&dir.path().join(run.last_line()));

    let id = emulating.child.id().to_string();
    // The shell's own, since not every system has it as a program.
    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {id}")])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(emulating.child.wait().unwrap().code(), Some(0));
}

/// The response of the emulator that printed this JSON.
fn get(news: &Value, path: &str) -> String {
    let base_url = news["base_url"].as_str().unwrap();
    let authority = base_url
        .trim_start_matches("http://")
        .trim_end_matches("/v2");
    let mut stream = TcpStream::connect(authority).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn paused_clock_does_not_advance() {
    let dir = tempfile::tempdir().unwrap();
    let mut emulating = Emulating::of(dir.path(), &["--json", "--paused"]);
    let news: Value = serde_json::from_str(&emulating.line()).unwrap();
    let response = get(&news, "/_emulator/clock");
    // Not a millisecond after its start.
    let time = r#"{"time":"2024-02-25T18:00:00.000Z","time_scale":null}"#;
    assert!(response.ends_with(time), "{response}");
}

#[test]
fn scenario_is_file_or_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let job = "title = \"Mine\"\n[[job]]\nname = \"mine\"\nverb = \"imagine\"\nseed = 5\n";
    std::fs::write(&file, format!("{job}channel = \"1114555266835431444\"\n")).unwrap();
    for (scenario, named) in [("mine.toml", "mine"), ("idle", "lighthouse")] {
        let mut emulating = Emulating::start(dir.path(), &["--json", "--scenario", scenario]);
        let news: Value = serde_json::from_str(&emulating.line()).unwrap();
        assert!(news["jobs"][named].is_string(), "{news}");
    }

    std::fs::write(&file, format!("{job}chanel = \"1\"\n")).unwrap();
    for (scenario, told) in [
        ("mine.toml", "line 6"),
        ("mine.toml", "unknown field `chanel`"),
        ("no-such-day", "flaky-network"),
    ] {
        command(dir.path())
            .line(&format!("emulate --scenario {scenario}"))
            .run()
            .exit_code(9)
            .reported(told);
    }
}

#[test]
fn emulate_on_taken_port_fails() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = command(dir.path())
        .line(&format!("emulate --json --port {port}"))
        .run()
        .exit_code(1)
        .reported("is in use; choose another, or 0 for a free one");
    assert_eq!(run.stdout, "");
}

#[test]
fn requests_are_logged_unless_quiet() {
    let dir = tempfile::tempdir().unwrap();
    for (quiet, lines) in [(&[][..], 1), (&["-q"], 0)] {
        let arguments = [&["emulate", "--json", "--port", "0"], quiet].concat();
        let child = command(dir.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut emulating = Emulating::of_child(child);
        let news: Value = serde_json::from_str(&emulating.line()).unwrap();
        let token = news["token"].as_str().unwrap();
        get(&news, &format!("/v2/jobs?token={token}"));
        let mut stderr = BufReader::new(emulating.child.stderr.take().unwrap());
        let mut log = String::new();
        if lines == 1 {
            stderr.read_line(&mut log).unwrap();
        }
        emulating.child.kill().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        assert_eq!(log.lines().count(), lines, "{log}");
        if lines == 1 {
            let words: Vec<_> = log.split_whitespace().skip(1).collect();
            assert_eq!(words[..3], ["GET", "/v2/jobs?token=***", "401"]);
            assert!(words[3].ends_with("ms"), "{log}");
        }
    }
}

#[test]
fn default_port_is_the_first_free_one() {
    let dir = tempfile::tempdir().unwrap();
    let _taken = TcpListener::bind(("127.0.0.1", 8080));
    let ports: Vec<u16> = [(); 2]
        .map(|()| Emulating::of(dir.path(), &["--json"]))
        .iter_mut()
        .map(|emulating| {
            let news: Value = serde_json::from_str(&emulating.line()).unwrap();
            let base_url = news["base_url"].as_str().unwrap().trim_end_matches("/v2");
            base_url.rsplit_once(':').unwrap().1.parse().unwrap()
        })
        .collect();
    assert_ne!(ports[0], ports[1]);
    assert!(ports.iter().all(|port| *port > 8080), "{ports:?}");
}
