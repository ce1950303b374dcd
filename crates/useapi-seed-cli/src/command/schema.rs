//! `schema`: the JSON Schemas of what is printed and written.

use serde::Serialize;

use crate::arguments::{Common, SchemaName};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas::{self, ALL};
use crate::terminal::print_or_closed;

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

pub(crate) fn run(common: &Common, SchemaName { name }: SchemaName) -> Result<Exit, CliError> {
    let output = Output::new(common, schemas::SCHEMAS)?;
    if let Some(schema) = name.as_deref().and_then(schemas::Schema::named) {
        print_or_closed(schema.text)?;
        return Ok(Exit::Done);
    }
    for schema in ALL {
        let (name, about) = (schema.name, schema.about);
        if output.is_json() {
            output.print(&Printed { name, about })?;
        } else {
            print_or_closed(&format!("{name:<9} {about}\n"))?;
        }
    }
    Ok(Exit::Done)
}
