//! The process of a driver.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Ends its browser, and then itself, when dropped.
pub(crate) struct Driver {
    process: Child,
    /// Open as long as it may print.
    _output: BufReader<ChildStdout>,
    /// Host and port.
    pub(crate) address: String,
    /// The request that ends its browser: a method and a path.
    pub(crate) shutdown: (&'static str, String),
}

impl Driver {
    /// `before_port` is what it prints before its port.
    pub(crate) fn start(command: &mut Command, before_port: &str) -> Self {
        // Chromium's ends when its port of IPv4 is taken in IPv6.
        let mut attempts = (0..5).filter_map(|_| Self::try_start(command, before_port));
        attempts.next().expect("the driver has printed no port")
    }

    fn try_start(command: &mut Command, before_port: &str) -> Option<Self> {
        let mut process = command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let port = output.by_ref().lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once(before_port)?;
            Some(port.trim_end_matches('.').to_owned())
        });
        if port.is_none() {
            process.wait().unwrap();
        }
        Some(Self {
            process,
            _output: output,
            address: format!("127.0.0.1:{}", port?),
            shutdown: ("GET", "/shutdown".into()),
        })
    }

    /// Makes it end its browser, without the test's runtime.
    fn shut_down(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let ((method, path), host) = (&self.shutdown, &self.address);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // If this succeeds, it may have ended already.
        let _ = self.shut_down();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
