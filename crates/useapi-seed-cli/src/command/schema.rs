//! `schema`: the JSON Schemas of what is printed and written.

use serde::Serialize;

use crate::arguments::{Common, SchemaName};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Output;
use crate::schemas::{self, ALL};
use crate::terminal::give_on;

/// A schema's name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Schemas"))]
pub(crate) struct Printed {
    /// What to call it by.
    name: &'static str,
    /// What it is the schema of.
    about: &'static str,
}

pub(crate) fn run(common: &Common, SchemaName { name }: SchemaName) -> Result<Exit, Failure> {
    let output = Output::new(common, schemas::SCHEMAS)?;
    if let Some(schema) = name.as_deref().and_then(schemas::Schema::named) {
        give_on(schema.text)?;
        return Ok(Exit::Done);
    }
    for schema in ALL {
        let (name, about) = (schema.name, schema.about);
        if output.is_json() {
            output.give(&Printed { name, about })?;
        } else {
            give_on(&format!("{name:<9} {about}\n"))?;
        }
    }
    Ok(Exit::Done)
}
