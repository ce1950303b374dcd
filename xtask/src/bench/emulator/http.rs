//! Calls over one connection that stays open, without a library.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A connection to a server on this machine.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// What the base URL has after the host.
    path: String,
    token: String,
}

impl Connection {
    pub(super) fn open(base_url: &str, token: &str) -> Result<Self> {
        let (host, path) = parts(base_url)?;
        let stream = TcpStream::connect(host).with_context(|| format!("cannot reach {host}"))?;
        stream.set_nodelay(true).context("cannot set nodelay")?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
            path: path.to_owned(),
            token: token.to_owned(),
        })
    }

    pub(super) fn get(&mut self, target: &str) -> Result<Value> {
        let target = format!("{}{target}", self.path);
        self.call("GET", &target, "")
    }

    pub(super) fn post(&mut self, target: &str, body: &Value) -> Result<Value> {
        let target = format!("{}{target}", self.path);
        self.call("POST", &target, &body.to_string())
    }

    /// Puts the emulator's clock forward.
    pub(super) fn advance(&mut self, milliseconds: u64) -> Result<()> {
        let body = serde_json::json!({ "milliseconds": milliseconds });
        self.call("POST", "/_emulator/clock", &body.to_string())
            .map(drop)
    }

    /// How many jobs the emulator has started for each job.
    pub(super) fn job_counts(&mut self) -> Result<Value> {
        self.call("GET", "/_emulator/job-counts", "")
    }

    fn call(&mut self, method: &str, target: &str, body: &str) -> Result<Value> {
        let (host, token) = (&self.host, &self.token);
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        sent.context("cannot send a request")?;
        let (status, body) = self.answer().context("cannot read an answer")?;
        let text = String::from_utf8_lossy(&body);
        if status != "200" {
            bail!("{method} {target}: {status} {text}");
        }
        serde_json::from_slice(&body).with_context(|| format!("no JSON: {text}"))
    }

    /// Status and body.
    fn answer(&mut self) -> Result<(String, Vec<u8>)> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).context("no status")?.to_owned();
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().context("no length")?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Host with port, and path.
fn parts(base_url: &str) -> Result<(&str, &str)> {
    let rest = base_url.strip_prefix("http://");
    let rest = rest.with_context(|| format!("no plain HTTP: {base_url}"))?;
    Ok(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}
