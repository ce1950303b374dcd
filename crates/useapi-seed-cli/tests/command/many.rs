//! Many jobs with one command.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;

use serde_json::Value;
use useapi_seed_emulator::{Emulator, Fault, Operation, Scenario};

use crate::process::{
    CommandExt, FAST, Setup, assert_complete, closed_url, command, names, wait_until,
};

const CHANNEL: &str = "1122334455";
const HALTED: &str = "1122334466";

/// An account with three places and so many jobs, and a halted one with three jobs.
pub(crate) fn setup(jobs: usize) -> (Setup, Vec<String>, Vec<String>) {
    let mut scenario = format!(
        "title = \"many\"\n\
         [[account]]\nchannel = \"{CHANNEL}\"\ndiscord = \"abcdefgh\"\nmax_jobs = 3\n\
         [[account]]\nchannel = \"{HALTED}\"\ndiscord = \"abcdefgh\"\nmoderation = \"halted\"\n"
    );
    // The same seed, so that the same images are drawn once.
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
    let setup = Setup::of(Emulator::builder().time_scale(FAST).scenario(scenario));
    let ids = |of: &str, count| {
        let id = |number| {
            setup
                .emulator
                .job(&format!("{of}-{number}"))
                .unwrap()
                .to_owned()
        };
        (0..count).map(id).collect::<Vec<_>>()
    };
    let (good, halted) = (ids("job", jobs), ids("halted", 3));
    (setup, good, halted)
}

fn rejections(setup: &Setup) -> usize {
    let calls = setup.emulator.journal();
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

fn fetch(setup: &Setup, job_ids: &[String]) -> Command {
    fs::write(
        setup.path("jobs.txt"),
        job_ids.join(
            "
",
        ),
    )
    .unwrap();
    setup.command("fetch -i jobs.txt -d out --timeout 600")
}

/// Many jobs of an account with three places, beside those of a halted one.
#[test]
fn halted_account_stops_only_its_jobs() {
    let (setup, good, halted) = setup(40);
    // However slow this machine is, the account has to reject some.
    setup.inject(Operation::RetrieveSeed, 3, Fault::status(429));
    let all = [halted.clone(), good.clone()].concat();
    // More than there is room for, so that the account has to refuse.
    let run = fetch(&setup, &all)
        .line("--jobs 12 --json")
        .run()
        .exit_code(4)
        .reported("40 done, 3 failed, 0 waiting")
        .reported("useapi-seed reset 1122334466")
        .reported("when that is done, To resume, run: useapi-seed fetch")
        .reported(&format!(
            "  failed  {}: not submitted: its account is halted",
            halted[1]
        ));
    assert!(rejections(&setup) > 0);
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 43);
    for id in &good {
        assert_eq!(lines[id]["status"], "done", "{}", lines[id]);
        assert_eq!(setup.emulator.job_counts()[id].started, 1);
        assert_complete(&setup.path(lines[id]["directory"].as_str().unwrap()));
    }
    for id in &halted {
        assert_eq!(lines[id]["status"], "failed");
        assert_eq!(lines[id]["exit_code"], 4);
    }
    // The first refusal is enough: nothing is asked of it any more.
    let calls = setup.emulator.journal();
    let submissions = calls.iter().filter(|call| call.status == Some(596));
    assert_eq!(submissions.count(), 1);
    // Its command goes on with them, and leaves the others alone.
    let again = fetch(&setup, &all).run().exit_code(4);
    assert_eq!(again.stdout.lines().count(), 40);
    assert_eq!(setup.emulator.journal().len(), calls.len() + 1);
}

/// Unless told otherwise no more are let execute than the smallest account takes.
#[test]
fn default_concurrency_fits_account() {
    let (setup, good, _) = setup(8);
    let run = fetch(&setup, &good).run().exit_code(0);
    assert_eq!(rejections(&setup), 0);
    assert_eq!(run.stdout.lines().count(), 8);
    assert!(
        run.stdout
            .lines()
            .all(|line| line.starts_with("seed 7  out/"))
    );
}

#[test]
fn wrong_token_is_sent_once() {
    let (setup, good, halted) = setup(3);
    fetch(&setup, &[good, halted].concat())
        .env("USEAPI_TOKEN", "wrong-token")
        .run()
        .exit_code(6)
        .reported("0 done, 6 failed")
        .reported("not submitted: the token gives no access");
    // One for each account may be on its way at once.
    assert!(setup.emulator.journal().len() <= 2);
    assert!(names(&setup.path("out")).is_empty());
}

#[test]
fn list_errors_are_reported_before_requests() {
    let (setup, ..) = setup(1);
    fs::write(setup.path("jobs.txt"), "1\n2 3\n").unwrap();
    setup
        .run("fetch -i jobs.txt")
        .exit_code(2)
        .reported("jobs.txt, line 2: \"2 3\" contains white space");
    setup
        .run("fetch -i none.txt")
        .exit_code(9)
        .reported("cannot read job IDs from none.txt");
    setup
        .run("fetch -")
        .exit_code(2)
        .reported("contains no job ID");
    setup.run("fetch 1 2 -o a").exit_code(2).reported("-d");
    assert!(setup.emulator.journal().is_empty());
}

#[cfg(unix)]
#[test]
fn job_ids_are_read_from_stdin() {
    let (setup, good, _) = setup(2);
    let line = format!(
        "printf '%s\\n' {0} {1} {0} | useapi-seed fetch - --fields requested_job_id,seed",
        good[0], good[1]
    );
    let run = crate::process::shell(setup.dir(), &line)
        .at(&setup.emulator)
        .run()
        .exit_code(0)
        .reported("ignored 1 duplicate job ID\n");
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 2);
    let line = serde_json::json!({"requested_job_id": good[1], "seed": 7});
    assert_eq!(lines[&good[1]], line);
    assert_eq!(setup.calls(Operation::RetrieveSeed), 2);
}

/// One that is refused does not hide that others go on.
#[test]
fn resume_command_is_for_waiting_jobs() {
    let (setup, good, _) = setup(1);
    // The job does not end meanwhile.
    setup.emulator.set_time_scale(1.0).unwrap();
    let run = command(setup.dir())
        .args([
            "fetch",
            "5",
            &good[0],
            "--interval",
            "0.01",
            "--timeout",
            "0.02",
        ])
        .at(&setup.emulator)
        .run()
        .exit_code(3)
        .reported("0 done, 1 failed, 1 waiting")
        .reported("Check the id;");
    assert!(run.resume_command().starts_with("useapi-seed fetch 5 "));
}

/// The first job that finds nobody there speaks for the others.
#[test]
fn unreachable_service_ends_batch() {
    let (setup, good, _) = setup(9);
    let run = command(setup.dir())
        .arg("fetch")
        .args(good)
        .at_url(&closed_url(), setup.emulator.token())
        .run()
        .exit_code(7)
        .reported("0 done, 0 failed, 9 waiting")
        .reported("not submitted: the service cannot be reached");
    assert!(run.resume_command().starts_with("useapi-seed fetch "));
}

/// Once it has answered, the others wait until it is there again. (A submission that
/// met a 503 may have been carried out, and would not be repeated.)
#[test]
fn outage_during_batch_is_retried() {
    let (setup, good, _) = setup(6);
    let mut fetch = fetch(&setup, &good);
    let mut child = fetch.line("--jobs 1").start();
    wait_until(|| !setup.emulator.journal().is_empty());
    for (operation, status) in [(Operation::RetrieveSeed, 429), (Operation::GetJob, 503)] {
        setup.inject(operation, 12, Fault::status(status));
    }
    assert!(child.wait().unwrap().success());
    assert!(setup.emulator.faults().iter().all(|fault| fault.hits == 12));
}
