//! The documentation's three examples, run verbatim except for host, token and job
//! id. `cargo xtask peers` installs what the last two need, and runs them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use useapi_seed_emulator::{Emulator, Operation};
use useapi_seed_tests::{Fixture, Request, Response, Stub, client_builder};

/// The service that the examples call.
const SERVICE: &str = "https://api.useapi.net/v2";

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
    /// What it prints, with `JOB` and `PARENT` for their ids.
    prints: &'static [&'static str],
}

const CURL: Example = Example {
    text: include_str!("../../fixtures/examples/curl.sh"),
    token: "Bearer …",
    job: r#": "…""#,
    program: &["sh"],
    needs: "curl (Debian's package `curl`)",
    agent: "curl/",
    prints: &[r#""JOB""#, r#""seed_async""#, r#""started""#, r#""PARENT""#],
};

const JAVASCRIPT: Example = Example {
    text: include_str!("../../fixtures/examples/fetch.mjs"),
    token: "API token",
    job: "Completed jobs/imagine, jobs/button or jobs/blend jobid",
    program: &["node", "--input-type=module", "-"],
    needs: "Node.js 18 or later (Debian's package `nodejs`)",
    agent: "node",
    prints: &[
        "status: 200",
        "jobid: 'JOB'",
        "verb: 'seed_async'",
        "status: 'started'",
        "parentJobId: 'PARENT'",
    ],
};

const PYTHON: Example = Example {
    text: include_str!("../../fixtures/examples/requests.py"),
    program: &["python3", "-"],
    needs: "Python 3 with `requests` (Debian's packages `python3` and `python3-requests`, \
            or `python3 -m pip install requests`)",
    agent: "python-requests/",
    prints: &[
        "<Response [200]> {",
        "'jobid': 'JOB'",
        "'verb': 'seed_async'",
        "'status': 'started'",
        "'parentJobId': 'PARENT'",
    ],
    ..JAVASCRIPT
};

impl Example {
    /// Runs it, and returns what it printed.
    fn run(&self, base_url: &str, token: &str, job: &str) -> String {
        let mut text = self.text.to_owned();
        for (from, to) in [(SERVICE, base_url), (self.token, token), (self.job, job)] {
            assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
            // A text without `…` is replaced as a whole.
            let rest = if from.contains('…') { from } else { "…" };
            text = text.replace(from, &rest.replace('…', to));
        }
        let (program, needs) = (self.program[0], self.needs);
        let mut child = Command::new(program)
            .args(&self.program[1..])
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
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "this test needs {needs}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn starts_a_job(&self) {
        let emulator = Emulator::start().await.unwrap();
        let parent = &emulator.jobs().imagine;
        let printed = self.run(emulator.base_url(), emulator.token(), parent);
        let journal = emulator.journal();
        assert_eq!(journal.len(), 1, "{journal:?}");
        let call = &journal[0];
        assert_eq!(call.operation, Some(Operation::RetrieveSeed));
        assert_eq!(call.status, Some(200));
        let body: Value = serde_json::from_str(&call.request).unwrap();
        assert_eq!(body, json!({ "jobid": parent }));
        let header = |name| {
            let mut headers = call.headers.iter();
            headers.find(|(known, _)| known == name).unwrap().1.clone()
        };
        assert_eq!(header("content-type"), "application/json");
        assert!(header("user-agent").starts_with(self.agent), "{call:?}");
        for expected in self.prints {
            let expected = expected.replace("JOB", call.job.as_ref().unwrap());
            let expected = expected.replace("PARENT", parent);
            assert!(printed.contains(&expected), "{expected}: {printed}");
        }
    }
}

#[tokio::test]
async fn curl_example_starts_a_job() {
    CURL.starts_a_job().await;
}

#[tokio::test]
#[ignore = "needs Node.js: run by `cargo xtask peers`"]
async fn javascript_example_starts_a_job() {
    JAVASCRIPT.starts_a_job().await;
}

#[tokio::test]
#[ignore = "needs Python with `requests`: run by `cargo xtask peers`"]
async fn python_example_starts_a_job() {
    PYTHON.starts_a_job().await;
}

/// The parts of a request that the examples show.
fn documented_parts(request: &Request) -> (&str, [Option<&str>; 2], Value) {
    (
        &request.line,
        ["authorization", "content-type"].map(|name| request.header(name)),
        serde_json::from_slice(&request.body).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn client_sends_what_the_examples_send() {
    let body = Fixture::named("responses/200-started").text;
    let stub = Stub::always(Response::json(200, body)).await;
    let (token, job) = ("user:1234-secret-token", "a-job");
    CURL.run(&stub.base_url(), token, job);
    let client = client_builder(token, stub.base_url()).build().unwrap();
    client.submit(job).await.unwrap();
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    let parts = documented_parts(&requests[0]);
    assert_eq!(parts, documented_parts(&requests[1]));
    let headers = [format!("Bearer {token}"), "application/json".to_owned()];
    assert_eq!(
        parts.1,
        headers.each_ref().map(|value| Some(value.as_str()))
    );

    // The others send the same; `cargo xtask peers` runs them.
    for example in [&JAVASCRIPT, &PYTHON] {
        for part in [
            "/v2/jobs/seed_async",
            "Authorization",
            "Bearer ",
            "Content-Type",
            "application/json",
            "jobid",
        ] {
            assert!(example.text.contains(part), "{part}: {}", example.text);
        }
    }
}
