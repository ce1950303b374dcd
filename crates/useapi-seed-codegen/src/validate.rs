//! Checks that the document is an OpenAPI document.
//!
//! The error of the whole document's type says little: its parts are untagged
//! enumerations. So each operation and component is parsed by itself first.

use openapiv3::{OpenAPI, Operation, Parameter, ReferenceOr, RequestBody, Response, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::{Document, child};
use crate::error::Error;
use crate::locate_error;

pub(crate) fn check(document: &Document) -> Result<(), Error> {
    for operation in document.operations() {
        parses_as::<Operation>(document, &operation.pointer, operation.value)?;
    }
    components_parse_as::<Schema>(document, "schemas")?;
    properties_are_described(document)?;
    components_parse_as::<Response>(document, "responses")?;
    components_parse_as::<Parameter>(document, "parameters")?;
    components_parse_as::<RequestBody>(document, "requestBodies")?;
    parses_as::<OpenAPI>(document, "", &document.value)
}

/// The generated source must be documented, so the spec must be.
fn properties_are_described(document: &Document) -> Result<(), Error> {
    for (schema, ..) in document.members("/components/schemas") {
        for (pointer, _, property) in document.members(&child(&schema, "properties")) {
            let description = property.get("description").and_then(Value::as_str);
            if description.is_none_or(str::is_empty) {
                return Err(document.error(&pointer, "has no description"));
            }
        }
    }
    Ok(())
}

fn components_parse_as<T: DeserializeOwned>(document: &Document, kind: &str) -> Result<(), Error> {
    for (pointer, _, value) in document.members(&format!("/components/{kind}")) {
        if value.get("$ref").is_some() {
            parses_as::<ReferenceOr<T>>(document, &pointer, value)?;
        } else {
            parses_as::<T>(document, &pointer, value)?;
        }
    }
    Ok(())
}

fn parses_as<T: DeserializeOwned>(
    document: &Document,
    pointer: &str,
    value: &Value,
) -> Result<(), Error> {
    let parse = |value: &Value| serde_json::from_value::<T>(value.clone());
    parse(value).map(drop).map_err(|error| {
        let inside = locate_error::find(value, &|value| parse(value).is_ok());
        document.error(&format!("{pointer}{inside}"), &error.to_string())
    })
}
