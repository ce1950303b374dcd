//! On a terminal: rows that change, and colors.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};
use useapi_seed_emulator::{Emulator, Fault, Operation};
use vt100::Parser;

use crate::process::{CommandExt, Setup, command};
use crate::stub::{Stub, TOKEN};

const ROWS: u16 = 24;

/// The lines that a terminal shows.
pub(crate) type Screen = Vec<String>;

/// What a terminal of this size shows after each write, and all that was written.
/// `on_screen` gets each screen and the terminal, so that it can type.
fn watch(
    mut command: Command,
    (rows, columns): (u16, u16),
    mut on_screen: impl FnMut(&Screen, &mut File),
) -> (Vec<Screen>, Vec<u8>) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let terminal = openpty(&size, None).unwrap();
    let [stdin, stdout] = [(); 2].map(|()| terminal.slave.try_clone().unwrap());
    let mut child = command
        .env("TERM", "xterm-256color")
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout))
        .stderr(Stdio::from(terminal.slave))
        .spawn()
        .expect("the program runs; setsid is from util-linux");
    // It holds the terminal's other end, without which reading ends.
    drop(command);
    let (mut screens, mut all) = (Vec::new(), Vec::new());
    let mut parser = Parser::new(rows, columns, 0);
    let (mut master, mut bytes) = (File::from(terminal.master), [0; 4096]);
    while let Ok(count @ 1..) = master.read(&mut bytes) {
        parser.process(&bytes[..count]);
        all.extend_from_slice(&bytes[..count]);
        let lines = parser.screen().rows(0, columns);
        let lines = lines.map(|line| line.trim_end().to_owned());
        let screen = lines.filter(|line| !line.is_empty()).collect();
        on_screen(&screen, &mut master);
        screens.push(screen);
    }
    child.wait().unwrap();
    (screens, all)
}

/// What a terminal of this many columns shows after each write, and all that was written.
pub(crate) fn on_terminal(command: Command, columns: u16) -> (Vec<Screen>, Vec<u8>) {
    watch(command, (ROWS, columns), |_, _| {})
}

fn fetch(setup: &Setup) -> Command {
    setup.command("fetch --interval 0.1 -d out")
}

/// Several jobs of one account with three slots.
fn batch(jobs: usize) -> (Setup, Command) {
    let (setup, ids, _) = crate::many::setup(jobs);
    let mut fetch = fetch(&setup);
    fetch.args(ids);
    (setup, fetch)
}

/// Whether a line is a job's: the percentage in 5 columns, the age in 6, and a label.
fn is_row(line: &str) -> bool {
    let Some((start, label)) = line.split_at_checked(14) else {
        return false;
    };
    let (percent, age) = start.split_at(5);
    let is_percent = percent.trim().is_empty() || percent.ends_with('%');
    is_percent && age.starts_with("  ") && age.ends_with("s  ") && !label.starts_with(' ')
}

fn row_count(screen: &Screen) -> usize {
    screen.iter().filter(|line| is_row(line)).count()
}

/// Whether the last lines are rows of jobs, a rule, and the total, and nothing is below
/// or between them.
fn is_live(screen: &Screen) -> bool {
    let [rows @ .., rule, total] = screen.as_slice() else {
        return false;
    };
    let rows = rows.iter().rev().take_while(|line| is_row(line)).count();
    rows > 0 && rows == row_count(screen) && rule == "----" && total.contains(" done")
}

/// That nothing of the rows is left.
#[track_caller]
fn assert_no_rows(screen: &Screen) {
    let is_left = |line: &String| {
        is_row(line)
            || line == "----"
            || [" queued", "next check", "checking...", "^C"]
                .iter()
                .any(|part| line.contains(part))
    };
    assert!(!screen.iter().any(is_left), "{screen:#?}");
}

fn has_colors(written: &[u8]) -> bool {
    written.windows(2).any(|pair| pair == b"\x1b[")
        && String::from_utf8_lossy(written).contains('m')
}

#[test]
fn single_job_has_one_row() {
    let setup = Setup::of(Emulator::builder().time_scale(30.0));
    let mut fetch = fetch(&setup);
    fetch.arg(setup.parent());
    let (screens, _) = on_terminal(fetch, 60);
    let most = screens.iter().map(row_count).max();
    assert_eq!(most, Some(1), "{screens:#?}");
    // Percentage, age, prompt, and when the next check is due.
    let is_full = |line: &&String| {
        is_row(line) && line[..5].ends_with('%') && line.ends_with("  next check 1s")
    };
    let row = screens.iter().flatten().find(is_full);
    let row = row.unwrap_or_else(|| panic!("{screens:#?}"));
    assert!(row[14..].starts_with("Steampunk cat "), "{row:?}");
    assert_eq!(row.len(), 58, "{row:?}");
    // There is no total of one job.
    assert!(!screens.iter().flatten().any(|line| line == "----"));
    // At the end only what stays is left, complete.
    let last = screens.last().unwrap();
    assert_no_rows(last);
    let dir = format!("out/{}", setup.emulator.jobs().imagine.replace(':', "-"));
    assert!(last[0].starts_with("submitted as "), "{last:#?}");
    assert!(last.iter().any(|line| line.starts_with("image 4: ")));
    assert_eq!(last.join("").matches(&dir).count(), 1, "{last:#?}");
}

#[test]
fn batch_has_rows_and_total() {
    let (setup, fetch) = batch(5);
    setup.emulator.set_time_scale(100.0).unwrap();
    let (screens, _) = on_terminal(fetch, 100);
    let live: Vec<_> = screens.iter().filter(|screen| is_live(screen)).collect();
    let is_first = |screen: &&Screen| {
        let total = screen.last().unwrap();
        let is_first = total.starts_with("0/5 done | 3 running, 2 queued | ");
        row_count(screen) == 3 && is_first && total.ends_with("s elapsed")
    };
    assert!(live.iter().any(is_first), "{screens:#?}");
    let is_later = |screen: &&Screen| {
        let total = screen.last().unwrap();
        total.contains("/5 done | ") && total.contains(" elapsed, about ")
    };
    assert!(live.iter().any(is_later), "{screens:#?}");
    // Rows begin with the ID, and show the prompt once it is known.
    let label = |start: &str| {
        let mut lines = screens.iter().flatten();
        lines.any(|line| is_row(line) && line[14..].starts_with(start))
    };
    assert!(label("2024") && label("cat job-"), "{screens:#?}");

    let last = screens.last().unwrap();
    assert_no_rows(last);
    for (number, line) in (1..).zip(&last[..5]) {
        let start = format!("[{number}/5] ok      7           cat job-");
        assert!(line.starts_with(&start), "{last:#?}");
        assert!(line.contains("  4 images  "), "{last:#?}");
    }
    assert!(last[5].starts_with("5 saved in "), "{last:#?}");
    assert_eq!(
        last[6..],
        ["Gallery: out/index.html     Seeds: out/seeds.csv"]
    );
}

/// What another program prints is above the rows.
#[test]
fn exec_output_leaves_no_rows() {
    let (setup, mut fetch) = batch(5);
    setup.emulator.set_time_scale(100.0).unwrap();
    fetch.args(["--exec", "echo saved {seed}"]);
    let (screens, _) = on_terminal(fetch, 100);
    let last = screens.last().unwrap();
    assert_no_rows(last);
    let printed = last.iter().filter(|line| *line == "saved 7");
    assert_eq!(printed.count(), 5, "{last:#?}");
}

#[test]
fn failed_jobs_are_counted() {
    let (setup, mut fetch) = batch(3);
    setup.emulator.set_time_scale(100.0).unwrap();
    fetch.arg("5");
    let (screens, _) = on_terminal(fetch, 100);
    let mut lines = screens.iter().flatten();
    let is_total = |line: &String| line.starts_with("1/4 done, 1 failed | 3 running, 0 queued");
    assert!(lines.any(is_total), "{screens:#?}");
    let last = screens.last().unwrap();
    assert_no_rows(last);
    assert_eq!(last[0], "[1/4] failed  job not found (HTTP 404): 5");
}

/// As many as fit, with the total.
#[test]
fn rows_fit_low_terminal() {
    let (setup, mut fetch) = batch(12);
    setup.inject(Operation::RetrieveSeed, 4, Fault::status(429));
    fetch.line("-j 12");
    let (screens, _) = watch(fetch, (8, 80), |_, _| {});
    let most = screens.iter().map(row_count).max();
    assert_eq!(most, Some(4), "{screens:#?}");
    let is_full = |screen: &Screen| is_live(screen) && row_count(screen) == 4;
    assert!(screens.iter().any(is_full), "{screens:#?}");
    assert_no_rows(screens.last().unwrap());
}

/// No row wraps, whatever it says.
#[test]
fn rows_fit_39_columns() {
    let (setup, fetch) = batch(4);
    setup.inject(Operation::RetrieveSeed, 4, Fault::status(429));
    let (screens, _) = on_terminal(fetch, 39);
    let has_rule = |screen: &&Screen| screen.iter().any(|line| line == "----");
    let live: Vec<_> = screens.iter().filter(has_rule).collect();
    assert!(live.iter().any(|screen| row_count(screen) == 3));
    for screen in live {
        assert!(is_live(screen), "{screen:#?}");
        assert!(screen.last().unwrap().len() < 39, "{screen:#?}");
    }
    let is_busy = |line: &String| is_row(line) && line[14..].starts_with("account busy");
    assert!(screens.iter().flatten().any(is_busy), "{screens:#?}");
    assert_no_rows(screens.last().unwrap());
}

/// Ctrl-C is not echoed while there are rows, and nothing of them is left.
#[cfg(target_os = "linux")]
#[test]
fn typed_ctrl_c_leaves_no_rows() {
    use nix::sys::termios::{LocalFlags, tcgetattr};

    let echoes = |terminal: &File| {
        let mode = tcgetattr(terminal).unwrap();
        mode.local_flags.contains(LocalFlags::ECHOCTL)
    };
    for (jobs, active, summary) in [
        (1, 1, "submitted as "),
        (
            5,
            3,
            "0 saved, 3 still running at useapi.net, 2 not finished in ",
        ),
    ] {
        let (setup, fetch) = batch(jobs);
        // The jobs do not end meanwhile.
        setup.emulator.set_time_scale(1.0).unwrap();
        let mut terminal = None;
        let (screens, written) = watch(controlling(&fetch), (ROWS, 80), |screen, master| {
            let polled = screen
                .iter()
                .filter(|line| line.ends_with("  next check 1s"));
            if terminal.is_none() && polled.count() == active {
                assert!(!echoes(master));
                master.write_all(b"\x03").unwrap();
                terminal = Some(master.try_clone().unwrap());
            }
        });
        assert!(echoes(&terminal.unwrap()));
        assert!(!written.windows(2).any(|pair| pair == b"^C"));
        let last = screens.last().unwrap();
        assert_no_rows(last);
        assert!(last[0].starts_with(summary), "{last:#?}");
        assert!(last.iter().any(|line| line.starts_with("To resume, run: ")));
        assert_eq!(setup.calls(Operation::RetrieveSeed), active);
    }
}

/// The command with its stdin as the controlling terminal, whose Ctrl-C is a signal.
#[cfg(target_os = "linux")]
fn controlling(command: &Command) -> Command {
    let mut setsid = Command::new("setsid");
    setsid.arg("-c").arg(command.get_program());
    setsid.args(command.get_args());
    setsid.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => setsid.env(name, value),
            None => setsid.env_remove(name),
        };
    }
    setsid
}

#[test]
fn other_progress_has_no_rows() {
    for (options, is_quiet) in [
        ("--progress plain", false),
        ("--progress none", false),
        ("-q", true),
    ] {
        let (_setup, mut fetch) = batch(3);
        fetch.line(options).line("--color never").arg("5");
        let (screens, written) = on_terminal(fetch, 100);
        assert!(!written.contains(&b'\x1b'), "{options}: {screens:#?}");
        assert!(!screens.iter().any(|screen| row_count(screen) > 0));
        let last = screens.last().unwrap();
        assert_eq!(last[0], "[1/4] failed  job not found (HTTP 404): 5");
        let finished = last.iter().filter(|line| line.contains("] ok  ")).count();
        let summary = last
            .iter()
            .any(|line| line.starts_with("3 saved, 1 failed"));
        let expected = if is_quiet { (0, false) } else { (3, true) };
        assert_eq!((finished, summary), expected, "{options}: {last:#?}");
    }
}

/// One job has no row either, but lines.
#[test]
fn plain_progress_prints_lines() {
    for (options, lines) in [("--progress plain", true), ("-q", false)] {
        let setup = Setup::running();
        let mut fetch = fetch(&setup);
        fetch.line(options).arg(setup.parent());
        let (screens, written) = on_terminal(fetch, 200);
        assert!(!written.contains(&b'\x1b'), "{options}: {screens:#?}");
        let last = screens.last().unwrap();
        let queued = last.iter().any(|line| line == "queued");
        assert_eq!(queued, lines, "{options}: {last:#?}");
        let stdout = &last[last.len() - 3];
        assert!(stdout.starts_with("seed "), "{options}: {last:#?}");
        assert_eq!(last.len() > 3, lines, "{options}: {last:#?}");
    }
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

    for option in ["NO_COLOR=1", "--color never"] {
        let mut plain = failing();
        match option.split_once('=') {
            Some((name, value)) => plain.env(name, value),
            None => plain.line(option),
        };
        let (_, written) = on_terminal(plain, 80);
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains("error: "), "{text:?}");
        for color in ["\x1b[3", "\x1b[1m"] {
            assert!(!text.contains(color), "{text:?}");
        }
    }

    // Checked to have none, as every run without a terminal.
    failing().run().exit_code(3);
    let forced = failing().env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(has_colors(&forced.stderr));
    let forced = failing().line("--color always").output().unwrap();
    assert!(has_colors(&forced.stderr));
    let both = failing()
        .envs([("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])
        .output()
        .unwrap();
    assert!(!has_colors(&both.stderr));
}
