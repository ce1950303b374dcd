//! Chromium, and the driver that steers it.

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

use crate::given;
use crate::look::{Look, Size};
use crate::page::Page;

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

/// A browser that knows nothing of before. It ends when dropped.
pub(crate) struct Chromium {
    web: WebDriver,
    // In this order: the browser ends with its driver, and leaves its profile.
    _driver: Driver,
    _profile: TempDir,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&given("BROWSER_TESTS_CHROMIUM")).unwrap();
        for argument in ARGUMENTS {
            wanted.add_arg(argument).unwrap();
        }
        let folder = profile.path().display();
        wanted
            .add_arg(&format!("--user-data-dir={folder}"))
            .unwrap();
        // The console with what Chromium itself says there, such as what a policy
        // forbids; and the network, where reading files counts, too.
        for log in ["browser", "performance"] {
            wanted
                .set_logging_prefs(log, LoggingPrefsLogLevel::All)
                .unwrap();
        }
        let address = format!("http://{}", driver.address);
        let web = WebDriver::new(address, wanted).await.unwrap();
        // It would end the browser by connections that need this test's runtime, which
        // waits for it meanwhile.
        web.clone().leak().unwrap();
        Self {
            web,
            _driver: driver,
            _profile: profile,
        }
    }

    /// Opens a page, and comes back when it has loaded.
    pub(crate) async fn open(&self, url: &Url, look: Look) -> Page<'_> {
        let (width, height) = look.size.pixels();
        let emulation = self.web.cdp();
        let mobile = matches!(look.size, Size::Phone);
        // A window of Chromium is at least 500 pixels wide.
        let metrics = emulation.emulation();
        let set = metrics.set_device_metrics_override(width, height, 1.0, mobile);
        set.await.unwrap();
        let scheme = MediaFeature {
            name: "prefers-color-scheme".into(),
            value: look.theme.scheme().into(),
        };
        let media = SetEmulatedMedia {
            features: Some(vec![scheme]),
            ..SetEmulatedMedia::default()
        };
        emulation.send(media).await.unwrap();
        Page::open(&self.web, url).await
    }

    /// Lets pages run no script from now on.
    pub(crate) async fn without_script(&self) {
        let off = json!({"value": true});
        self.tell("Emulation.setScriptExecutionDisabled", off).await;
    }

    /// Lets pages write to the clipboard and read it, or do neither.
    pub(crate) async fn set_clipboard(&self, setting: &str) {
        for name in ["clipboard-read", "clipboard-write"] {
            for unsanitized in [false, true] {
                let permission = json!({"name": name, "allowWithoutSanitization": unsanitized});
                let set = json!({"permission": permission, "setting": setting});
                self.tell("Browser.setPermission", set).await;
            }
        }
    }

    async fn tell(&self, command: &str, parameters: Value) {
        let told = self.web.cdp().send_raw(command, parameters).await;
        told.unwrap_or_else(|fault| panic!("{command}: {fault}"));
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
        let mut process = Command::new(given("BROWSER_TESTS_DRIVER"))
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
        let port = port.expect("the driver has told no port");
        Self {
            process,
            _output: output,
            address: format!("127.0.0.1:{port}"),
        }
    }

    /// Lets it end its browser and then itself.
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
