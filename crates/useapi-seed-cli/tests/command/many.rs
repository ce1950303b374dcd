//! Many jobs with one command.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use useapi_seed_emulator::{Emulator, Fault, Operation, Scenario};

use crate::process::{
    CommandExt, FAST, Run, Setup, assert_complete, closed_url, command, names, wait_until,
};

const CHANNEL: &str = "1122334455";
const HALTED: &str = "1122334466";

/// An account with three slots and this many jobs, and a halted one with three jobs.
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

/// How many lines begin so.
fn count(text: &str, start: &str) -> usize {
    text.lines().filter(|line| line.starts_with(start)).count()
}

fn fetch(setup: &Setup, job_ids: &[String]) -> Command {
    fs::write(setup.path("jobs.txt"), job_ids.join("\n")).unwrap();
    setup.command("fetch -i jobs.txt -d out --timeout 600")
}

/// Many jobs of an account with three slots, beside those of a halted one.
#[test]
fn halted_account_stops_only_its_jobs() {
    let (setup, good, halted) = setup(40);
    // However slow this machine is, the account has to reject some.
    setup.inject(Operation::RetrieveSeed, 3, Fault::status(429));
    let all = [halted.clone(), good.clone()].concat();
    // More than there are slots, so that the account has to reject some.
    let run = fetch(&setup, &all)
        .line("--jobs 12 --json")
        .run()
        .exit_code(4)
        .reported("\n40 saved, 3 failed in ")
        .reported("failed: account halted by Midjourney (HTTP 596), 3 jobs\n")
        .reported(&format!("\n  {}\n", halted[2]))
        .reported("    useapi-seed reset 1122334466\n")
        .reported("\nAfter fixing this, run: useapi-seed fetch");
    assert!(rejections(&setup) > 0);
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 43);
    for id in &good {
        assert_eq!(lines[id]["status"], "completed", "{}", lines[id]);
        assert_eq!(setup.emulator.job_counts()[id].started, 1);
        assert_complete(&setup.path(lines[id]["directory"].as_str().unwrap()));
    }
    for id in &halted {
        assert_eq!(lines[id]["status"], "failed");
        assert_eq!(lines[id]["exit_code"], 4);
        assert_eq!(lines[id]["errors"][0]["kind"], "account_halted");
    }
    // The first rejection is enough: nothing more is sent to it, and one line reports it.
    let calls = setup.emulator.journal();
    let submissions = calls.iter().filter(|call| call.status == Some(596));
    assert_eq!(submissions.count(), 1);
    assert_eq!(run.stderr.matches("] failed  account halted").count(), 1);
    // The same command resumes these, and skips the others in one line.
    let again = fetch(&setup, &all).run().exit_code(4);
    assert_eq!(again.stdout, "");
    assert_eq!(count(&again.stderr, "40 already complete, skipped"), 1);
    assert!(!again.stderr.contains("] ok"), "{}", again.stderr);
    assert_eq!(setup.emulator.journal().len(), calls.len() + 1);
}

/// Nothing is sent for complete jobs, however many there are.
#[test]
fn complete_batch_is_skipped_in_one_line() {
    let (setup, good, _) = setup(43);
    fetch(&setup, &good).run().exit_code(0);
    let calls = setup.emulator.journal().len();
    let again = fetch(&setup, &good).run().exit_code(0);
    assert_eq!(setup.emulator.journal().len(), calls);
    assert_eq!(again.stdout, "");
    let lines: Vec<_> = again.stderr.lines().collect();
    assert_eq!(lines[..2], ["43 already complete, skipped", ""]);
    assert!(lines[2].starts_with("0 saved, 43 already complete in "));
    assert_eq!(
        lines[3..],
        ["Gallery: out/index.html     Seeds: out/seeds.csv"]
    );
}

/// By default no more run than the smallest account allows.
#[test]
fn default_concurrency_fits_account() {
    let (setup, good, _) = setup(8);
    let run = fetch(&setup, &good).run().exit_code(0);
    assert_eq!(rejections(&setup), 0);
    assert_eq!(run.stdout, "");
    for number in 1..=8 {
        let line = format!("[{number}/8] ok      7           cat job-");
        assert_eq!(count(&run.stderr, &line), 1, "{}", run.stderr);
    }
    let images = run.stderr.matches("  4 images  ").count();
    assert_eq!(images, 8, "{}", run.stderr);
}

/// Without `-v` a batch has no lines of single steps.
#[test]
fn verbose_batch_prints_details() {
    for (option, expected) in [("-v", 2), ("--progress=plain", 0)] {
        let (setup, good, _) = setup(2);
        let run = fetch(&setup, &good).arg(option).run().exit_code(0);
        let is_detail = |line: &&str| {
            let id = good.iter().find_map(|id| line.strip_prefix(id.as_str()));
            id.is_some_and(|rest| rest.starts_with(": submitted as "))
        };
        let count = run.stderr.lines().filter(is_detail).count();
        assert_eq!(count, expected, "{option}: {}", run.stderr);
        assert!(!run.stderr.contains("\nimage 1"), "{}", run.stderr);
    }
}

#[test]
fn wrong_token_is_one_error_line() {
    let (setup, good, halted) = setup(3);
    let run = fetch(&setup, &[good, halted].concat())
        .env("USEAPI_TOKEN", "wrong-token")
        .run()
        .exit_code(6)
        .reported("error: API token rejected (HTTP 401)\n")
        .reported("0 saved, 6 failed in ")
        .reported("failed: API token rejected (HTTP 401), 6 jobs\n")
        .reported("After fixing this, run: ");
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    assert_eq!(run.stderr.matches("rejected").count(), 2, "{}", run.stderr);
    // One for each account may be in progress at once.
    assert!(setup.emulator.journal().len() <= 2);
    assert_eq!(names(&setup.path("out")), ["failed.txt"]);
}

/// Nothing is left that would delay the jobs once the base URL is right.
#[test]
fn base_url_without_version_is_one_error() {
    let (setup, good, halted) = setup(3);
    let base_url = setup.emulator.base_url().strip_suffix("/v2").unwrap();
    let run = fetch(&setup, &[good.clone(), halted].concat())
        .env("USEAPI_BASE_URL", base_url)
        .run()
        .exit_code(2)
        .reported(&format!(
            "error: {base_url} is not the useapi.net API (HTTP 404)\n"
        ))
        .reported(&format!("  Did you mean {base_url}/v2?\n"));
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    assert!(!setup.path("out").exists());

    fetch(&setup, &good)
        .run()
        .exit_code(0)
        .reported("\n3 saved in ");
    assert_eq!(setup.calls(Operation::ListJobs), 0);
}

#[test]
fn list_errors_are_reported_before_requests() {
    let (setup, ..) = setup(1);
    fs::write(setup.path("jobs.txt"), "1\n2 3\n").unwrap();
    setup
        .run("fetch -i jobs.txt")
        .exit_code(2)
        .reported("error: jobs.txt, line 2: not a job ID: \"2 3\" (contains a space)\n")
        .reported("Nothing was sent.");
    setup
        .run("fetch -i none.txt")
        .exit_code(9)
        .reported("cannot read job IDs from none.txt");
    setup
        .run("fetch -")
        .exit_code(2)
        .reported("error: no job IDs given\n");
    setup
        .run("fetch 1 2 -o a")
        .exit_code(2)
        .reported("error: --output a accepts one job, got 2\n")
        .reported("--dir");
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

/// A rejected job does not hide that others can be resumed.
#[test]
fn resume_command_is_for_pending_jobs() {
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
        .reported("0 saved, 1 failed, 1 still running at useapi.net in ")
        .reported("] failed  job not found (HTTP 404): 5\n")
        .reported("failed: job not found (HTTP 404), 1 job\n  5\n  It may be mistyped, ")
        .reported("\nTo resume, run: ");
    assert!(run.resume_command().starts_with("useapi-seed fetch 5 "));
}

/// The first job that cannot connect is reported for all.
#[test]
fn unreachable_service_ends_batch() {
    let (setup, good, _) = setup(9);
    let run = command(setup.dir())
        .arg("fetch")
        .args(good)
        .line("--interval 0.01")
        .at_url(&closed_url(), setup.emulator.token())
        .run()
        .exit_code(7)
        .reported(": connection refused (4 attempts)\n")
        .reported("0 saved, 9 not finished in ")
        .reported(": connection refused (4 attempts), 9 jobs\n");
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    assert!(run.resume_command().starts_with("useapi-seed fetch "));
}

/// Once it has responded, the others wait until it responds again. (A submission that
/// got a 503 may have been processed, and would not be repeated.)
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

/// Submissions succeed meanwhile.
#[test]
fn partial_outage_is_reported_once() {
    let (setup, good, _) = setup(6);
    setup.inject(Operation::GetJob, 24, Fault::status(503));
    let run = fetch(&setup, &good).line("--jobs 2").run().exit_code(0);
    assert_eq!(
        count(&run.stderr, "service unreachable"),
        1,
        "{}",
        run.stderr
    );
    assert_eq!(count(&run.stderr, "reachable again"), 1, "{}", run.stderr);
}

/// Not for each job, and not for each poll.
#[test]
fn outage_is_reported_once_for_all_jobs() {
    let (setup, good, _) = setup(3);
    setup.emulator.set_time_scale(1.0).unwrap();
    let child = fetch(&setup, &good).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| setup.calls(Operation::GetJob) > 3);
    setup.inject(Operation::GetJob, 12, Fault::status(503));
    wait_until(|| setup.emulator.faults()[0].hits == 12);
    setup.emulator.set_time_scale(FAST).unwrap();
    let run = Run::of(child.wait_with_output().unwrap())
        .exit_code(0)
        .reported("reachable again after ")
        .reported("\n3 saved in ");
    let outage = "service unreachable (HTTP 503); retrying, giving up in 9m";
    assert_eq!(count(&run.stderr, outage), 1, "{}", run.stderr);
    assert_eq!(count(&run.stderr, "reachable again"), 1, "{}", run.stderr);
}
