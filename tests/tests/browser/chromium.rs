//! Chromium and its driver.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::cdp::domains::emulation::{MediaFeature, SetEmulatedMedia};
use thirtyfour::prelude::*;
use thirtyfour::{LoggingPrefsLogLevel, WebDriver};
use url::Url;

use crate::page::Page;
use crate::setting;
use crate::viewport::Viewport;

const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    // Only loopback, and not by a proxy.
    "--no-proxy-server",
    // It ends with its driver, however that ends.
    "--remote-debugging-pipe",
];

/// A browser with a new profile. It ends when dropped.
pub(crate) struct Chromium {
    web: WebDriver,
    // In this order: the browser ends with its driver, and then leaves its profile.
    _driver: Driver,
    _profile: TempDir,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities
            .set_binary(&setting("BROWSER_TESTS_CHROMIUM"))
            .unwrap();
        for argument in ARGUMENTS {
            capabilities.add_arg(argument).unwrap();
        }
        let directory = profile.path().display();
        capabilities
            .add_arg(&format!("--user-data-dir={directory}"))
            .unwrap();
        // The console, where Chromium itself reports such things as a violated policy;
        // and the network, which includes files.
        for log in ["browser", "performance"] {
            capabilities
                .set_logging_prefs(log, LoggingPrefsLogLevel::All)
                .unwrap();
        }
        let address = format!("http://{}", driver.address);
        let web = WebDriver::new(address, capabilities).await.unwrap();
        // On drop it would end the browser through the test's runtime, which waits for
        // the drop.
        web.clone().leak().unwrap();
        Self {
            web,
            _driver: driver,
            _profile: profile,
        }
    }

    /// Opens a page, and returns when it has loaded.
    pub(crate) async fn open(&self, url: &Url, viewport: Viewport) -> Page {
        let Viewport { width, height, .. } = viewport;
        let cdp = self.web.cdp();
        // A window of Chromium is at least 500 pixels wide.
        let emulation = cdp.emulation();
        let set = emulation.set_device_metrics_override(width, height, 1.0, viewport.is_mobile);
        set.await.unwrap();
        let scheme = MediaFeature {
            name: "prefers-color-scheme".into(),
            value: viewport.color_scheme.into(),
        };
        let media = SetEmulatedMedia {
            features: Some(vec![scheme]),
            ..SetEmulatedMedia::default()
        };
        cdp.send(media).await.unwrap();
        Page::open(&self.web, url).await
    }

    /// Disables scripts from now on.
    pub(crate) async fn disable_scripts(&self) {
        let off = json!({"value": true});
        self.send("Emulation.setScriptExecutionDisabled", off).await;
    }

    /// Sets the permission to read and write the clipboard.
    pub(crate) async fn set_clipboard(&self, setting: &str) {
        for name in ["clipboard-read", "clipboard-write"] {
            for unsanitized in [false, true] {
                let permission = json!({"name": name, "allowWithoutSanitization": unsanitized});
                let set = json!({"permission": permission, "setting": setting});
                self.send("Browser.setPermission", set).await;
            }
        }
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) async fn send(&self, command: &str, parameters: Value) {
        let sent = self.web.cdp().send_raw(command, parameters).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

/// The driver's process.
struct Driver {
    process: Child,
    /// Open as long as it may print.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new(setting("BROWSER_TESTS_DRIVER"))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let port = output.by_ref().lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.expect("the driver has printed no port");
        Self {
            process,
            _output: output,
            address: format!("127.0.0.1:{port}"),
        }
    }

    /// Makes it end its browser and then itself.
    fn shut_down(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let host = &self.address;
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_err() {
            // If this fails, it has ended already.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
