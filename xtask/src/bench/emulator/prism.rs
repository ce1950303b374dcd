//! Prism, a mock server for any description.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::http::Connection;
use crate::SPEC;
use crate::tools::Tools;

/// Running, until this is dropped.
pub(super) struct Prism {
    process: Child,
    base: String,
}

impl Prism {
    /// Starts it with what this workspace's description says, and waits until it
    /// answers.
    pub(super) fn start(tools: &Tools) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .context("there is no free port")?
            .port();
        let process = tools
            .command("prism")
            .args(["mock", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            // Its log would cost it time, and nobody reads it.
            .args(["--verboseLevel", "silent"])
            .arg(SPEC)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start prism")?;
        let mut prism = Self {
            process,
            base: format!("http://127.0.0.1:{port}"),
        };
        let begun = Instant::now();
        while Connection::open(&prism.base, "x")
            .and_then(|mut connection| connection.get("/jobs/?jobid=x"))
            .is_err()
        {
            let ended = prism.process.try_wait().context("cannot watch prism")?;
            ensure!(ended.is_none(), "prism ended");
            ensure!(
                begun.elapsed() < Duration::from_secs(60),
                "prism does not answer"
            );
            thread::sleep(Duration::from_millis(100));
        }
        Ok(prism)
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // If this fails, it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
