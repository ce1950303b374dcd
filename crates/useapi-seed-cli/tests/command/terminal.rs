//! On a terminal: lines that change, and colours.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};
use useapi_seed_emulator::Emulator;
use vt100::Parser;

use crate::process::{CommandExt, Setup, command};
use crate::stub::{Stub, TOKEN};

const ROWS: u16 = 24;

/// The lines that a terminal shows.
pub(crate) type Screen = Vec<String>;

/// What a terminal of so many columns shows, after each write; and all that was
/// written.
pub(crate) fn on_terminal(mut command: Command, columns: u16) -> (Vec<Screen>, Vec<u8>) {
    let size = Winsize {
        ws_row: ROWS,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let terminal = openpty(&size, None).unwrap();
    let stdout = terminal.slave.try_clone().unwrap();
    let mut child = command
        .env("TERM", "xterm-256color")
        .stdout(Stdio::from(stdout))
        .stderr(Stdio::from(terminal.slave))
        .spawn()
        .unwrap();
    // It holds the terminal's other end, without which reading ends.
    drop(command);
    let (mut screens, mut all) = (Vec::new(), Vec::new());
    let mut parser = Parser::new(ROWS, columns, 0);
    let (mut master, mut bytes) = (File::from(terminal.master), [0; 4096]);
    while let Ok(count @ 1..) = master.read(&mut bytes) {
        parser.process(&bytes[..count]);
        all.extend_from_slice(&bytes[..count]);
        let rows = parser.screen().rows(0, columns);
        let rows = rows.map(|row| row.trim_end().to_owned());
        screens.push(rows.filter(|row| !row.is_empty()).collect());
    }
    child.wait().unwrap();
    (screens, all)
}

fn fetch(setup: &Setup) -> Command {
    setup.command("fetch --interval 0.1 -d out")
}

fn has_colours(written: &[u8]) -> bool {
    written.windows(2).any(|pair| pair == b"\x1b[")
        && String::from_utf8_lossy(written).contains('m')
}

#[test]
fn job_has_progress_line() {
    let setup = Setup::of(Emulator::builder().time_scale(30.0));
    let mut fetch = fetch(&setup);
    fetch.arg(setup.parent());
    let (screens, _) = on_terminal(fetch, 60);
    let lines_of_progress = |screen: &Screen| {
        let lines = screen.iter();
        lines.filter(|line| line.ends_with("progress")).count()
    };
    let seen: Vec<_> = screens.iter().map(lines_of_progress).collect();
    assert_eq!(seen.iter().max(), Some(&1));
    // State, percentage, age, and when the next look is due.
    let complete = screens.iter().flatten().find(|line| {
        line.ends_with("progress")
            && ["%", "s  look ", "s "]
                .iter()
                .all(|part| line.contains(part))
    });
    assert!(complete.is_some(), "{screens:#?}");
    // At the end only what stays is left, whole.
    let last = screens.last().unwrap();
    let dir = format!("out/{}", setup.emulator.jobs().imagine.replace(':', "-"));
    assert!(last[0].starts_with("started job "));
    assert!(last.iter().any(|line| line.starts_with("image 4: ")));
    assert_eq!(last.join("").matches(&dir).count(), 1, "{last:#?}");
    assert!(!last.iter().any(|line| line.contains("progress")));
}

#[test]
fn several_jobs_have_lines_and_total() {
    let (setup, jobs, _) = crate::many::setup(5);
    let mut fetch = fetch(&setup);
    fetch.args(jobs);
    let (screens, _) = on_terminal(fetch, 50);
    let is_full = |screen: &Screen| {
        let jobs = screen.iter().filter(|line| line.contains("  2024022"));
        screen.ends_with(&["0 of 5 jobs have ended".to_owned()]) && jobs.count() >= 3
    };
    assert!(screens.iter().any(is_full), "{screens:#?}");
    let last = screens.last().unwrap();
    assert_eq!(last.last().unwrap(), "5 done, 0 failed, 0 waiting");
    assert!(!last.iter().any(|line| line.contains("have ended")));
}

#[test]
fn json_on_a_terminal_has_no_controls() {
    let stub = Stub::start();
    let hidden = ['\u{7f}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{2066}'];
    let status: String = hidden.iter().collect();
    let job = serde_json::json!({"jobid": "8", "status": status});
    stub.on_poll(200, job.to_string());
    let run = |command: &mut Command| {
        command.line("status 8 --json").envs([
            ("USEAPI_BASE_URL", stub.base_url().as_str()),
            ("USEAPI_TOKEN", TOKEN),
        ]);
    };
    let mut shown = command(stub.dir());
    run(&mut shown);
    let (_, written) = on_terminal(shown, 200);
    let written = String::from_utf8(written).unwrap();
    assert!(!written.contains(hidden), "{written:?}");
    assert!(
        written.contains(r"\u007f\u009b\u202e\u2028\u2066"),
        "{written:?}"
    );

    // In a file it stays as it is.
    let mut piped = command(stub.dir());
    run(&mut piped);
    let written = String::from_utf8(piped.output().unwrap().stdout).unwrap();
    assert!(written.contains(&status), "{written:?}");
}

#[test]
fn colors_are_for_terminals() {
    let setup = Setup::running();
    let failing = || {
        let mut fetch = fetch(&setup);
        fetch.arg("5");
        fetch
    };
    let (_, written) = on_terminal(failing(), 80);
    let text = String::from_utf8_lossy(&written);
    assert!(text.contains("\x1b[31m\x1b[1merror:\x1b[0m"), "{text:?}");

    let mut plain = failing();
    plain.env("NO_COLOR", "1");
    let (_, written) = on_terminal(plain, 80);
    let text = String::from_utf8_lossy(&written);
    assert!(text.contains("error: "), "{text:?}");
    for colour in ["\x1b[3", "\x1b[1m"] {
        assert!(!text.contains(colour), "{text:?}");
    }

    // Held to have none, as every run that is no terminal's.
    failing().run().exit_code(3);
    let forced = failing().env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(has_colours(&forced.stderr));
    let both = failing()
        .envs([("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])
        .output()
        .unwrap();
    assert!(!has_colours(&both.stderr));
}
