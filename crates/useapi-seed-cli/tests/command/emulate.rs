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
        let mut child = command(dir)
            .arg("emulate")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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

    // It still serves, and said nothing more.
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
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    assert_eq!(script.len(), 2);
    // As pasted, but for the second between two looks.
    let script = script.join("\n");
    let hurried = script.replace("--interval 1", "--interval 0.02");
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

#[test]
fn stopped_clock_is_paused() {
    let dir = tempfile::tempdir().unwrap();
    let mut emulating = Emulating::of(dir.path(), &["--json", "--stopped"]);
    let news: Value = serde_json::from_str(&emulating.line()).unwrap();
    let authority = news["base_url"].as_str().unwrap();
    let authority = authority.trim_start_matches("http://");
    let authority = authority.trim_end_matches("/v2");
    let mut stream = TcpStream::connect(authority).unwrap();
    let call =
        format!("GET /_emulator/clock HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(call.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    // Not a millisecond after its start.
    let time = r#"{"time":"2024-02-25T18:00:00.000Z","time_scale":null}"#;
    assert!(answer.ends_with(time), "{answer}");
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
        .reported("is taken");
    assert_eq!(run.stdout, "");
}
