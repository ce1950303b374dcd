//! `WebDriver` commands that the library lacks.

use axum::http::Method;
use serde_json::Value;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId};

#[derive(Debug)]
pub(crate) struct DriverCommand {
    path: &'static str,
    body: Value,
}

impl DriverCommand {
    pub(crate) fn new(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl FormatRequestData for DriverCommand {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let path = format!("/session/{session}/{}", self.path);
        RequestData::new(Method::POST, path).add_body(self.body.clone())
    }
}
