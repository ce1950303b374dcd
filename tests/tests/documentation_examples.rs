//! The documentation's three examples, run verbatim except for host, token and job
//! id. `cargo xtask peers` installs what the last two need, and runs them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure fails the test"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use useapi_seed_emulator::{Emulator, JournalEntry, Operation};

/// The service that the examples call.
const SERVICE: &str = "https://api.useapi.net/v2";
/// The placeholder of the job in the JavaScript and the Python example.
const JOB: &str = "Completed jobs/imagine, jobs/button or jobs/blend jobid";

/// One of the examples.
struct Example {
    text: &'static str,
    /// The placeholders of token and job; `…` stands for the value within a text.
    token: &'static str,
    job: &'static str,
    /// The program that reads it on standard input.
    program: &'static [&'static str],
    /// What it needs.
    needs: &'static str,
    /// What its `User-Agent` begins with.
    agent: &'static str,
}

impl Example {
    /// Runs it, and gives what it printed.
    fn run(&self, emulator: &Emulator) -> String {
        let mut text = self.text.to_owned();
        for (from, to) in [
            (SERVICE, emulator.base_url()),
            (self.token, emulator.token()),
            (self.job, &emulator.jobs().imagine),
        ] {
            assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
            let to = if from.contains('…') {
                from.replace('…', to)
            } else {
                to.to_owned()
            };
            text = text.replace(from, &to);
        }
        let [program, arguments @ ..] = self.program else {
            panic!("no program");
        };
        let needs = self.needs;
        let mut child = Command::new(program)
            .args(arguments)
            // A proxy cannot reach this machine's loopback.
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}: this test needs {needs}"));
        // A program that exits without reading reports why on standard error.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{program}: this test needs {needs}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it; it has to start a job. Gives what it printed and its call.
    fn starts_a_job(&self, emulator: &Emulator) -> (String, JournalEntry) {
        let printed = self.run(emulator);
        let journal = emulator.journal();
        let [call] = journal.as_slice() else {
            panic!("{journal:?}");
        };
        assert_eq!(call.operation, Some(Operation::RetrieveSeed));
        assert_eq!(call.status, Some(200));
        let body: Value = serde_json::from_str(&call.request).unwrap();
        assert_eq!(body, json!({ "jobid": emulator.jobs().imagine }));
        let header = |name| {
            let mut headers = call.headers.iter();
            let found = headers.find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(header("content-type"), Some("application/json"));
        let agent = header("user-agent").unwrap();
        assert!(agent.starts_with(self.agent), "{agent}");

        let response: Value = serde_json::from_str(&call.response).unwrap();
        assert_eq!(response["verb"], "seed_async");
        assert_eq!(response["status"], "started");
        assert_eq!(response["parentJobId"], emulator.jobs().imagine.as_str());
        (printed, call.clone())
    }
}

#[tokio::test]
async fn curl_example_starts_a_job() {
    let emulator = Emulator::start().await.unwrap();
    let example = Example {
        text: include_str!("../fixtures/examples/curl.sh"),
        token: "Bearer …",
        job: r#": "…""#,
        program: &["sh"],
        needs: "curl (Debian's package `curl`)",
        agent: "curl/",
    };
    let (printed, call) = example.starts_a_job(&emulator);
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed["jobid"], call.job.unwrap());
    assert_eq!(printed["verb"], "seed_async");
    assert_eq!(printed["status"], "started");
    assert_eq!(printed["parentJobId"], emulator.jobs().imagine.as_str());
}

#[tokio::test]
#[ignore = "needs Node.js: run by `cargo xtask peers`"]
async fn javascript_example_starts_a_job() {
    let emulator = Emulator::start().await.unwrap();
    let example = Example {
        text: include_str!("../fixtures/examples/fetch.mjs"),
        token: "API token",
        job: JOB,
        program: &["node", "--input-type=module", "-"],
        needs: "Node.js 18 or later (Debian's package `nodejs`)",
        agent: "node",
    };
    let (printed, call) = example.starts_a_job(&emulator);
    for expected in [
        "status: 200".to_owned(),
        format!("jobid: '{}'", call.job.unwrap()),
        "verb: 'seed_async'".to_owned(),
        "status: 'started'".to_owned(),
        format!("parentJobId: '{}'", emulator.jobs().imagine),
    ] {
        assert!(printed.contains(&expected), "{expected}: {printed}");
    }
}

#[tokio::test]
#[ignore = "needs Python with `requests`: run by `cargo xtask peers`"]
async fn python_example_starts_a_job() {
    let emulator = Emulator::start().await.unwrap();
    let example = Example {
        text: include_str!("../fixtures/examples/requests.py"),
        token: "API token",
        job: JOB,
        program: &["python3", "-"],
        needs: "Python 3 with `requests` (Debian's packages `python3` and `python3-requests`, \
                or `python3 -m pip install requests`)",
        agent: "python-requests/",
    };
    let (printed, call) = example.starts_a_job(&emulator);
    assert!(printed.starts_with("<Response [200]> {"), "{printed}");
    for expected in [
        format!("'jobid': '{}'", call.job.unwrap()),
        "'verb': 'seed_async'".to_owned(),
        "'status': 'started'".to_owned(),
        format!("'parentJobId': '{}'", emulator.jobs().imagine),
    ] {
        assert!(printed.contains(&expected), "{expected}: {printed}");
    }
}
