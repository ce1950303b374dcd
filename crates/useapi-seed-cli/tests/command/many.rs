//! Many jobs with one command.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use useapi_seed_emulator::{Emulator, Fault, Operation, Scenario, Trigger};

use crate::process::{At, FAST, command, names, whole};

const CHANNEL: &str = "1122334455";
const HALTED: &str = "1122334466";

/// An account with three places and so many jobs, and a halted one with three jobs.
pub(crate) async fn emulator(jobs: usize) -> (Emulator, Vec<String>, Vec<String>) {
    let mut scenario = format!(
        "title = \"many\"\n\
         [[account]]\nchannel = \"{CHANNEL}\"\ndiscord = \"abcdefgh\"\nmax_jobs = 3\n\
         [[account]]\nchannel = \"{HALTED}\"\ndiscord = \"abcdefgh\"\nmoderation = \"halted\"\n"
    );
    // The same seed, so that the same pictures are drawn once.
    let mut add = |name: &str, channel: &str| {
        write!(
            scenario,
            "[[job]]\nname = \"{name}\"\nverb = \"imagine\"\nprompt = \"cat {name}\"\n\
             seed = 7\nchannel = \"{channel}\"\n"
        )
        .unwrap();
    };
    (0..jobs).for_each(|number| add(&format!("job-{number}"), CHANNEL));
    (0..3).for_each(|number| add(&format!("halted-{number}"), HALTED));
    let scenario = Scenario::from_toml(&scenario).unwrap();
    let builder = Emulator::builder().time_scale(FAST).scenario(scenario);
    let emulator = builder.start().await.unwrap();
    let ids = |of: &str, count| {
        let id = |number| emulator.job(&format!("{of}-{number}")).unwrap().to_owned();
        (0..count).map(id).collect::<Vec<_>>()
    };
    let (good, halted) = (ids("job", jobs), ids("halted", 3));
    (emulator, good, halted)
}

fn refusals(emulator: &Emulator) -> usize {
    let calls = emulator.journal();
    calls.iter().filter(|call| call.status == Some(429)).count()
}

fn lines(stdout: &str) -> BTreeMap<String, Value> {
    let lines = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines
        .map(|line: Value| (line["requested_job_id"].as_str().unwrap().to_owned(), line))
        .collect()
}

fn fetch(folder: &Path, emulator: &Emulator) -> std::process::Command {
    let mut command = command(folder);
    command
        .args(["fetch", "--from", "jobs.txt", "--into", "out"])
        .args(["--interval", "0.02", "--timeout", "60"])
        .at(emulator);
    command
}

/// A hundred of an account with three places, beside those of a halted one.
#[tokio::test]
async fn a_hundred_take_their_turns_and_a_halted_account_stops_its_own() {
    let (emulator, good, halted) = emulator(100).await;
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("# all of them\n");
    for id in halted.iter().chain(&good) {
        writeln!(list, "{id}").unwrap();
    }
    fs::write(folder.path().join("jobs.txt"), list).unwrap();
    // More than there is room for, so that the account has to refuse.
    let run = fetch(folder.path(), &emulator)
        .args(["--at-once", "12", "--json"])
        .run()
        .ended(4)
        .told("100 done, 3 failed, 0 waiting")
        .told("useapi-seed reset 1122334466")
        .told("when that is done, to go on: useapi-seed fetch")
        .told(&format!(
            "  failed  {}: not submitted: its account is halted",
            halted[1]
        ));
    assert!(refusals(&emulator) > 0);
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 103);
    for id in &good {
        assert_eq!(lines[id]["outcome"], "done", "{}", lines[id]);
        assert_eq!(emulator.job_counts()[id].started, 1);
        whole(&folder.path().join(lines[id]["folder"].as_str().unwrap()));
    }
    for id in &halted {
        assert_eq!(lines[id]["outcome"], "failed");
        assert_eq!(lines[id]["exit_code"], 4);
    }
    // The first refusal is enough: nothing is asked of it any more.
    let calls = emulator.journal();
    let submissions = calls.iter().filter(|call| call.status == Some(596));
    assert_eq!(submissions.count(), 1);
    // Its command goes on with them, and leaves the others alone.
    let again = fetch(folder.path(), &emulator).run().ended(4);
    assert_eq!(again.stdout.lines().count(), 100);
    assert_eq!(emulator.journal().len(), calls.len() + 1);
}

/// Unless told otherwise no more are let execute than the smallest account takes.
#[tokio::test]
async fn three_of_an_account_at_once_are_never_too_many() {
    let (emulator, good, _) = emulator(8).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.txt"), good.join("\r\n")).unwrap();
    let run = fetch(folder.path(), &emulator).run().ended(0);
    assert_eq!(refusals(&emulator), 0);
    assert_eq!(run.stdout.lines().count(), 8);
    assert!(
        run.stdout
            .lines()
            .all(|line| line.starts_with("seed 7  out/"))
    );
}

#[tokio::test]
async fn a_wrong_token_is_tried_once() {
    let (emulator, good, halted) = emulator(3).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("jobs.txt"),
        [good, halted].concat().join("\n"),
    )
    .unwrap();
    fetch(folder.path(), &emulator)
        .env("USEAPI_TOKEN", "wrong-token")
        .run()
        .ended(6)
        .told("0 done, 6 failed")
        .told("not submitted: the token gives no access");
    // One for each account may be on its way at once.
    assert!(emulator.journal().len() <= 2);
    assert!(names(&folder.path().join("out")).is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_list_is_told_before_anything_is_sent() {
    let (emulator, ..) = emulator(1).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.txt"), "1\n2 3\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = command(folder.path());
        command.arg("fetch").args(arguments).at(&emulator).run()
    };
    run(&["--from", "jobs.txt"])
        .ended(2)
        .told("jobs.txt, line 2: \"2 3\" contains white space");
    run(&["--from", "none.txt"])
        .ended(9)
        .told("cannot read job IDs from none.txt");
    run(&["-"]).ended(2).told("contains no job ID");
    run(&["1", "2", "--out", "a"]).ended(2).told("--into");
    assert!(emulator.journal().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn stdin_is_a_list_too() {
    let (emulator, good, _) = emulator(2).await;
    let folder = tempfile::tempdir().unwrap();
    let line = format!(
        "printf '%s\\n' {0} {1} {0} | useapi-seed fetch - --fields requested_job_id,seed --interval 0.02",
        good[0], good[1]
    );
    let run = crate::process::shell(folder.path(), &line)
        .at(&emulator)
        .run()
        .ended(0)
        .told("ignored 1 duplicate job ID\n");
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 2);
    let line = serde_json::json!({"requested_job_id": good[1], "seed": 7});
    assert_eq!(lines[&good[1]], line);
    let submissions = emulator.journal();
    let submissions = submissions
        .iter()
        .filter(|call| call.operation == Some(Operation::RetrieveSeed));
    assert_eq!(submissions.count(), 2);
}

/// One that is refused does not hide that others go on.
#[tokio::test]
async fn the_last_line_is_for_those_that_wait() {
    let (emulator, good, _) = emulator(1).await;
    let folder = tempfile::tempdir().unwrap();
    let run = command(folder.path())
        .args([
            "fetch",
            "5",
            &good[0],
            "--interval",
            "0.01",
            "--timeout",
            "0.02",
        ])
        .at(&emulator)
        .run()
        .ended(3)
        .told("0 done, 1 failed, 1 waiting")
        .told("Check the id;");
    assert!(run.goes_on().starts_with("useapi-seed fetch 5 "));
}

/// The first job that finds nobody there speaks for the others.
#[tokio::test]
async fn a_service_that_cannot_be_reached_ends_it_soon() {
    let (emulator, good, _) = emulator(9).await;
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base_url = format!("http://{}/v2", closed.local_addr().unwrap());
    drop(closed);
    let run = command(folder.path())
        .arg("fetch")
        .args(good)
        .args(["--interval", "0.01"])
        .at_url(&base_url, emulator.token())
        .run()
        .ended(7)
        .told("0 done, 0 failed, 9 waiting")
        .told("not submitted: the service cannot be reached");
    assert!(run.goes_on().starts_with("useapi-seed fetch "));
}

/// Once it has answered, the others wait until it is there again. (A submission that
/// met a 503 may have been carried out, and would not be repeated.)
#[tokio::test]
async fn an_outage_in_the_middle_is_waited_out() {
    let (emulator, good, _) = emulator(6).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.txt"), good.join("\n")).unwrap();
    let mut fetch = fetch(folder.path(), &emulator);
    let mut child = fetch
        .args(["--at-once", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while emulator.journal().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    for (operation, status) in [(Operation::RetrieveSeed, 429), (Operation::GetJob, 503)] {
        let gone = Fault::status(status);
        emulator.inject(operation, Trigger::Next(12), gone).unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert!(emulator.faults().iter().all(|fault| fault.hits == 12));
}
