//! The documentation's examples, as a person would type them, with the host
//! changed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::process::Command;

use serde_json::Value;
use useapi_seed_emulator::Emulator;

#[tokio::test(flavor = "multi_thread")]
async fn curl() {
    let emulator = Emulator::start().await.unwrap();
    let example = format!(
        r#"curl -H "Accept: application/json" \
     -H "Content-Type: application/json" \
     -H "Authorization: Bearer {}" \
     -X POST {}/jobs/seed_async \
     -d '{{"jobid": "{}"}}'"#,
        emulator.token(),
        emulator.base_url(),
        emulator.jobs().imagine,
    );
    let output = Command::new("sh")
        .args(["-c", &example])
        .output()
        .expect("this test runs `sh` and `curl`: install them");
    assert!(
        output.status.success(),
        "this test runs `curl` (Debian's package `curl`): {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let job: Value = serde_json::from_slice(&output.stdout).expect("a JSON answer");
    assert_eq!(job["verb"], "seed_async");
    assert_eq!(job["status"], "started");
    assert_eq!(job["parentJobId"], emulator.jobs().imagine.as_str());
}
