//! Whether the document is an OpenAPI description.
//!
//! The type of a whole description says little of what does not fit it: its
//! parts are untagged enumerations. So each operation and component is tried
//! by itself first, and the document after them.

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
    components::<Schema>(document, "schemas")?;
    descriptions(document)?;
    components::<Response>(document, "responses")?;
    components::<Parameter>(document, "parameters")?;
    components::<RequestBody>(document, "requestBodies")?;
    parses_as::<OpenAPI>(document, "", &document.value)
}

/// The generated source has to be documented, so the description has to be.
fn descriptions(document: &Document) -> Result<(), Error> {
    for (pointer, _, schema) in document.members("/components/schemas") {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let description = property.get("description").and_then(Value::as_str);
            if description.is_none_or(|text| text.trim().is_empty()) {
                let pointer = child(&child(&pointer, "properties"), name);
                return Err(document.error(&pointer, "has no description"));
            }
        }
    }
    Ok(())
}

fn components<T: DeserializeOwned>(document: &Document, kind: &str) -> Result<(), Error> {
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
    let decode = |value: &Value| serde_json::from_value::<T>(value.clone());
    decode(value).map(drop).map_err(|fault| {
        let inside = locate_error::find(value, &|value| decode(value).is_ok());
        document.error(&format!("{pointer}{inside}"), &fault.to_string())
    })
}
