//! Job IDs as people and scripts give them, and what is not one.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::process::{CommandExt, Run, command, names};
use crate::stub::{Stub, TOKEN};

const ID: &str = "20240225-user:1-channel:2";

/// Runs with arguments that may have spaces.
fn run(stub: &Stub, arguments: &[&str]) -> Run {
    let mut command = command(stub.dir());
    command.args(arguments).at_url(&stub.base_url(), TOKEN);
    command.run()
}

#[test]
fn decorated_job_id_is_sent_without_it() {
    for argument in [
        format!("{ID}\r"),
        format!("{ID}\n"),
        format!(" {ID} "),
        format!("{ID}\u{a0}"),
        format!("{ID}\u{200b}"),
        format!("\u{feff}{ID}"),
        format!("\"{ID}\""),
        format!("{ID},"),
    ] {
        let stub = Stub::with_result();
        run(&stub, &["fetch", &argument]).exit_code(0);
        assert_eq!(stub.submitted(), [ID], "{argument:?}");
        assert_eq!(names(stub.dir()), [ID.replace(':', "-")]);
    }
}

#[cfg(unix)]
#[test]
fn list_with_crlf_is_read_through_xargs() {
    let stub = Stub::with_result();
    let line = format!("printf '{ID}\\r\\n' | xargs useapi-seed fetch");
    crate::process::shell(stub.dir(), &line)
        .at_url(&stub.base_url(), TOKEN)
        .run()
        .exit_code(0);
    assert_eq!(stub.submitted(), [ID]);
}

#[test]
fn word_after_json_is_never_submitted() {
    let stub = Stub::with_result();
    for word in ["seed, directory", "Seed", "seed.value", "*", "[seed]"] {
        run(&stub, &["fetch", ID, "--json", word])
            .exit_code(2)
            .reported("not a job ID: ");
    }
    assert_eq!(stub.requests(), 0);
    assert!(names(stub.dir()).is_empty());
}

#[test]
fn every_bad_job_id_is_reported_before_sending() {
    let stub = Stub::with_result();
    let list =
        format!("\u{feff}id,prompt\r\n\"{ID}\",\r\n# mine\n2 3\nhttps://example.com/?jobid=5\n[\n");
    fs::write(stub.path("jobs.txt"), list).unwrap();
    fs::write(stub.path("jobs.json"), "[\"1\", \"\"]").unwrap();
    fs::write(stub.path("stdin.txt"), b"6\xff\n7\n\x008\n").unwrap();
    let long = "5".repeat(257);
    let run = command(stub.dir())
        .args(["fetch", ID, "1\u{200b}2", &long, "-i", "jobs.txt"])
        .args(["--input-file", "-", "--input-file=jobs.json"])
        .at_url(&stub.base_url(), TOKEN)
        .stdin(Stdio::from(fs::File::open(stub.path("stdin.txt")).unwrap()))
        .run()
        .exit_code(2)
        .reported("error: 9 invalid job IDs; nothing was sent");
    for line in [
        "  not a job ID: \"1\\u{200b}2\" (contains U+200B)",
        "\"... (is longer than 256 characters: it has 257)",
        "  stdin, line 1: not a job ID: \"6\u{fffd}\" (contains U+FFFD)",
        "  stdin, line 3: not a job ID: \"\\08\" (contains a control character)",
        "  jobs.txt, line 1: not a job ID: \"id,prompt\" (contains ,)",
        "  jobs.txt, line 4: not a job ID: \"2 3\" (contains a space)",
        "  jobs.txt, line 5: not a job ID: \"https://example.com/?jobid=5\" (contains /)",
        "  jobs.txt, line 6: not a job ID: \"[\" (contains [)",
        "  jobs.json, item 2: not a job ID: \"\" (is empty)",
    ] {
        assert!(run.stderr.contains(line), "no {line} in {}", run.stderr);
    }
    assert_eq!(stub.requests(), 0);
}

#[test]
fn every_input_format_is_read() {
    let other = ID.replace("20240225", "20240226");
    let lines = format!("{ID}  # a cat, \"here\"\r\n\r\n# mine\r\n{other}\r\n");
    let csv = format!("seed,JobID,prompt\n7,{ID},\"a\ncat\"\n8,{other},\n");
    let json = format!("[{{\"job_id\": \"{ID}\"}}, \"{other}\"]");
    for content in [lines, csv, json] {
        let stub = Stub::with_result();
        fs::write(stub.path("jobs"), &content).unwrap();
        stub.run("fetch -i jobs -i jobs")
            .exit_code(0)
            .reported("note: ignored 2 duplicate job IDs\n");
        let mut submitted = stub.submitted();
        submitted.sort();
        assert_eq!(submitted, [ID, &other], "{content}");
    }
}

#[cfg(unix)]
#[test]
fn output_of_fetch_is_read_as_input() {
    let stub = Stub::with_result();
    let line = format!("useapi-seed fetch {ID} 5 --json | useapi-seed fetch - -d again");
    crate::process::shell(stub.dir(), &line)
        .at_url(&stub.base_url(), TOKEN)
        .run()
        .exit_code(0);
    let mut submitted = stub.submitted();
    submitted.sort();
    assert_eq!(submitted, [ID, ID, "5", "5"]);
}

#[test]
fn input_without_job_ids_is_an_error() {
    let stub = Stub::with_result();
    fs::write(stub.path("jobs.txt"), "# none\n\n").unwrap();
    for line in ["fetch -i jobs.txt", "fetch -", "fetch -i -"] {
        let run = stub.run(line).exit_code(2);
        assert_eq!(run.stderr, "error: no job IDs given\n");
    }
    stub.run("fetch -i none.txt")
        .exit_code(9)
        .reported("error: cannot read job IDs from none.txt: ");
    for file in ["jobs.txt", "2.txt"] {
        fs::write(stub.path(file), ID).unwrap();
        stub.run(&format!("fetch {file}"))
            .exit_code(2)
            .reported("(is a file; read it with -i)");
    }
    stub.run("fetch").exit_code(2).reported("<JOBID");
    assert_eq!(stub.requests(), 0);
}

#[test]
fn every_command_checks_its_job_ids() {
    let stub = Stub::with_result();
    for line in [
        "fetch 1/2",
        "wait 1/2",
        "status 5 1/2",
        "cancel 1/2",
        "doctor --job 1/2",
        "listen --public-url https://example.com --port 0 --job 1/2",
    ] {
        stub.run(line)
            .exit_code(2)
            .reported("error: not a job ID: \"1/2\" (contains /)\n")
            .reported("  Nothing was sent.\n");
    }
    assert_eq!(stub.requests(), 0);
    // And takes away what is around them.
    stub.on_poll(200, r#"{"jobid": "9", "status": "progress"}"#);
    let run = stub.run("status 9\r --fields job_id");
    let printed: Value = serde_json::from_str(&run.exit_code(0).stdout).unwrap();
    assert_eq!(printed["job_id"], "9");
}
