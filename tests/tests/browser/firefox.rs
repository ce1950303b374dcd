//! Firefox. Its events have no requests of files; the tests of such pages rely on the
//! images that are shown.

use std::process::Command;

use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use thirtyfour::bidi::{RawEvent, RawEventStream};
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::command::DriverCommand;
use crate::driver::Driver;
use crate::setting;
use crate::traffic::Traffic;
use crate::viewport::Viewport;

/// Nothing leaves loopback: what does not go there goes to a proxy, and there is none.
const PROXY_PORT: u16 = 9;
/// Chromium's names for Firefox's network errors.
const ERRORS: [(&str, &str); 4] = [
    ("NS_ERROR_CONNECTION_REFUSED", "ERR_CONNECTION_REFUSED"),
    ("NS_ERROR_NET_INTERRUPT", "ERR_EMPTY_RESPONSE"),
    (
        "NS_ERROR_NET_PARTIAL_TRANSFER",
        "ERR_CONTENT_LENGTH_MISMATCH",
    ),
    ("NS_ERROR_NET_RESET", "ERR_CONNECTION_RESET"),
];

/// What it does, as it does it.
pub(crate) type Events = std::sync::Arc<tokio::sync::Mutex<RawEventStream>>;

pub(crate) async fn start() -> Browser {
    let mut driver = Command::new(setting("BROWSER_TESTS_DRIVER"));
    // To set preferences while it runs.
    driver.args(["--allow-system-access", "--websocket-port=0", "--log=info"]);
    let mut driver = Driver::start(&mut driver, "Listening on 127.0.0.1:");
    let mut preferences = FirefoxPreferences::new();
    for (name, value) in [
        ("network.proxy.type", 1),
        ("network.proxy.http_port", PROXY_PORT),
        ("network.proxy.ssl_port", PROXY_PORT),
    ] {
        preferences.set(name, value).unwrap();
    }
    for name in ["network.proxy.http", "network.proxy.ssl"] {
        preferences.set(name, "127.0.0.1").unwrap();
    }
    preferences
        .set("dom.events.testing.asyncClipboard", true)
        .unwrap();
    let mut capabilities = DesiredCapabilities::firefox();
    let binary = setting("BROWSER_TESTS_BINARY");
    capabilities.set_firefox_binary(&binary).unwrap();
    capabilities.set_headless().unwrap();
    capabilities.set_preferences(preferences).unwrap();
    capabilities.enable_bidi().unwrap();
    let address = format!("http://{}", driver.address);
    let web = WebDriver::new(address, capabilities).await.unwrap();
    driver.shutdown = ("DELETE", format!("/session/{}", web.session_id()));
    let bidi = web.bidi().await.unwrap();
    let events = bidi.subscribe_raw();
    let modules = ["network", "log", "browsingContext"].map(String::from);
    bidi.session().subscribe_many(modules).await.unwrap();
    Browser {
        web,
        events: Some(std::sync::Arc::new(tokio::sync::Mutex::new(events))),
        _driver: driver,
        // Its driver makes one.
        _profile: None,
    }
}

pub(crate) async fn emulate(browser: &Browser, viewport: Viewport) {
    let Viewport { width, height, .. } = viewport;
    // Late events of the previous page belong to its tab.
    let web = &browser.web;
    let tab = web.new_tab().await.unwrap();
    web.close_window().await.unwrap();
    web.switch_to_window(tab).await.unwrap();
    let bidi = web.bidi().await.unwrap();
    let tab = bidi.browsing_context();
    let context = tab.top_level().await.unwrap();
    let size = thirtyfour::bidi::modules::browsing_context::Viewport { width, height };
    tab.set_viewport(context, Some(size)).await.unwrap();
    // 0 is dark, 1 is light.
    let scheme = u8::from(viewport.color_scheme == "light");
    let set = format!(
        "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', {scheme})"
    );
    for (context, script) in [("chrome", &*set), ("content", "")] {
        let switch = DriverCommand::new("moz/context", json!({"context": context}));
        web.handle().cmd(switch).await.unwrap();
        web.execute(script, Vec::new()).await.unwrap();
    }
}

/// Reads new events of a tab. Returns warnings and errors in its console.
pub(crate) async fn read(traffic: &mut Traffic, events: &Events, tab: &str) -> Vec<String> {
    let mut console = Vec::new();
    let mut events = events.lock().await;
    while let Some(Some(RawEvent { method, params })) = events.next().now_or_never() {
        let text = |pointer| {
            let text = params.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default()
        };
        let context = [text("/context"), text("/source/context")].concat();
        // A violated policy has none.
        if !["", tab].contains(&&*context) {
            continue;
        }
        let (id, url) = (text("/request/request"), text("/request/url"));
        match method.as_str() {
            "network.beforeRequestSent" => traffic.start(id, url, text("/navigation")),
            "network.responseCompleted" => {
                traffic.respond(url, &params["response"]["status"]);
                traffic.end(id);
            }
            // Leaving a page cancels its requests.
            "network.fetchError" if text("/errorText") == "NS_BINDING_ABORTED" => traffic.end(id),
            "network.fetchError" => {
                let error = text("/errorText");
                let known = ERRORS.iter().find(|(name, _)| *name == error);
                traffic.fail(id, known.map_or(error, |(_, name)| name));
            }
            "log.entryAdded" if ["warn", "error"].contains(&text("/level")) => {
                console.push(text("/text").to_owned());
            }
            _ => {}
        }
    }
    console
}
