//! Chromium, and what only it can do.

use std::process::Command;

use serde_json::{Value, json};
use thirtyfour::cdp::domains::emulation::{MediaFeature, SetEmulatedMedia};
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, LoggingPrefsLogLevel, WebDriver};

use crate::browser::Browser;
use crate::driver::Driver;
use crate::setting;
use crate::traffic::Traffic;
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

pub(crate) async fn start() -> Browser {
    let mut driver = Command::new(setting("BROWSER_TESTS_DRIVER"));
    let driver = Driver::start(&mut driver, "started successfully on port ");
    let profile = tempfile::tempdir().unwrap();
    let mut capabilities = DesiredCapabilities::chrome();
    let binary = setting("BROWSER_TESTS_BINARY");
    capabilities.set_binary(&binary).unwrap();
    for argument in ARGUMENTS {
        capabilities.add_arg(argument).unwrap();
    }
    let directory = format!("--user-data-dir={}", profile.path().display());
    capabilities.add_arg(&directory).unwrap();
    // The console, where Chromium itself reports such things as a violated policy;
    // and the network, which includes files.
    for log in ["browser", "performance"] {
        let level = LoggingPrefsLogLevel::All;
        capabilities.set_logging_prefs(log, level).unwrap();
    }
    let address = format!("http://{}", driver.address);
    let web = WebDriver::new(address, capabilities).await.unwrap();
    Browser {
        web,
        events: None,
        _driver: driver,
        _profile: Some(profile),
    }
}

pub(crate) async fn emulate(web: &WebDriver, viewport: Viewport) {
    let Viewport { width, height, .. } = viewport;
    let cdp = web.cdp();
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
}

/// Reads entries of the network log.
pub(crate) fn read(traffic: &mut Traffic, entries: &[BrowserLogEntry]) {
    for entry in entries {
        let logged: Value = serde_json::from_str(&entry.message).unwrap();
        let event = &logged["message"]["params"];
        let id = event["requestId"].as_str().unwrap_or_default();
        let text = |pointer| {
            let text = event.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default()
        };
        match logged["message"]["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                traffic.start(id, text("/request/url"), text("/loaderId"));
            }
            "Network.webSocketCreated" => traffic.open_socket(text("/url")),
            "Network.responseReceived" => {
                traffic.respond(text("/response/url"), &event["response"]["status"]);
            }
            "Network.loadingFinished" => traffic.end(id),
            // Leaving a page cancels its requests.
            "Network.loadingFailed" if event["canceled"] == true => traffic.end(id),
            "Network.loadingFailed" => {
                traffic.fail(id, &[text("/errorText"), text("/blockedReason")].concat());
            }
            "Page.frameNavigated" => traffic.navigate(text("/frame/loaderId")),
            _ => {}
        }
    }
}

/// Tests that use these run in Chromium alone: their names end in `_in_chromium`.
impl Browser {
    /// Disables scripts from now on.
    pub(crate) async fn disable_scripts(&self) {
        let off = json!({"value": true});
        self.send("Emulation.setScriptExecutionDisabled", off).await;
    }

    /// Sends a command of the `DevTools` protocol.
    pub(crate) async fn send(&self, command: &str, parameters: Value) {
        let sent = self.web.cdp().send_raw(command, parameters).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"));
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
}
