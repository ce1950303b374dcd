//! `cargo xtask test-s3`: the image sinks against an S3 server on loopback.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::cargo::LOOPBACK;
use crate::tools;

/// How the server's line with its address begins.
const ADDRESS: &str = " * Running on ";

pub(crate) fn run() -> Result<()> {
    let server = Server::start()?;
    println!("== the sinks' tests at {}", server.address);
    let status = Command::new(env!("CARGO"))
        .args(["test", "--package", "useapi-seed-images"])
        .args(["--features", "__s3-tests", "--test", "s3"])
        .envs(LOOPBACK)
        .env("S3_TEST_ENDPOINT", &server.address)
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "`cargo test` failed: {status}");
    Ok(())
}

/// Is stopped when it is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Result<Self> {
        let program = tools::s3_server()?;
        let name = program.display();
        let process = Command::new(&program)
            .args(["--host", "127.0.0.1", "--port", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the S3 server {name} (PyPI: moto)"))?;
        let mut server = Self {
            process,
            address: String::new(),
        };
        let output = server.process.stderr.take();
        let mut lines = BufReader::new(output.context("the server has no output")?).lines();
        let mut log = String::new();
        for line in lines.by_ref() {
            let line = line.with_context(|| format!("cannot read what {name} prints"))?;
            if let Some(address) = line.strip_prefix(ADDRESS) {
                address.trim().clone_into(&mut server.address);
                break;
            }
            log = log + &line + "\n";
        }
        ensure!(!server.address.is_empty(), "{name} does not run:\n{log}");
        // Read on, so that the server never waits for it.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
