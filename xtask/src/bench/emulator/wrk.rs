//! wrk, which calls a server as often as it can.

use std::io::{ErrorKind, Write};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

/// One thread, so that the server has a processor for itself where there are
/// two, and as many connections as keep it busy.
const LOAD: [&str; 6] = ["--threads", "1", "--connections", "16", "--duration", "5s"];

/// What is called again and again.
pub(super) struct Call {
    url: String,
    /// A program in Lua, for wrk.
    script: String,
}

/// How often it was answered.
pub(super) struct Rate {
    pub(super) per_second: f64,
    /// What the answer is, in words.
    pub(super) answer: &'static str,
}

impl Call {
    pub(super) fn post(base: &str, token: &str, jobid: &str) -> Self {
        let body = json!({ "jobid": jobid });
        Self {
            url: format!("{base}/jobs/seed_async"),
            script: format!(
                "wrk.method = 'POST'\nwrk.body = '{body}'\n\
                 wrk.headers['Content-Type'] = 'application/json'\n\
                 wrk.headers['Authorization'] = 'Bearer {token}'\n"
            ),
        }
    }

    pub(super) fn get(base: &str, token: &str, jobid: &str) -> Self {
        Self {
            url: format!("{base}/jobs/?jobid={jobid}"),
            script: format!("wrk.headers['Authorization'] = 'Bearer {token}'\n"),
        }
    }

    /// Calls for some seconds.
    pub(super) fn measure(&self, answer: &'static str) -> Result<Rate> {
        let mut script = tempfile::Builder::new()
            .suffix(".lua")
            .tempfile()
            .context("cannot make a file")?;
        script
            .write_all(self.script.as_bytes())
            .context("cannot write a file")?;
        let output = Command::new("wrk")
            .args(LOAD)
            .arg("--script")
            .arg(script.path())
            .arg(&self.url)
            .output()
            .context("cannot start wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "wrk failed: {text}");
        // A call that gets no answer would make the rate another one.
        ensure!(!text.contains("Socket errors"), "calls failed: {text}");
        let refused = text.contains("Non-2xx or 3xx responses");
        let expected = !answer.starts_with("200");
        ensure!(refused == expected, "not answered with {answer}: {text}");
        let rate = text.lines().find_map(|line| {
            let number = line.trim().strip_prefix("Requests/sec:")?;
            number.trim().parse().ok()
        });
        Ok(Rate {
            per_second: rate.with_context(|| format!("wrk tells no rate: {text}"))?,
            answer,
        })
    }
}

pub(super) fn ensure_there() -> Result<()> {
    // It knows its version and calls that a failure.
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            bail!("`wrk` is missing; install it (Debian: wrk)")
        }
        Err(fault) => Err(fault).context("cannot start wrk"),
    }
}
