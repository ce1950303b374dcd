//! `schema`: the JSON Schemas of outputs and files.

use crate::arguments::{Common, SchemaName};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::schemas::{ALL, Schema};
use crate::terminal::print_or_closed;

pub(crate) fn run(common: &Common, SchemaName { name }: SchemaName) -> Result<Exit, CliError> {
    if let Some(schema) = name.as_deref().and_then(Schema::named) {
        print_or_closed(schema.text)?;
        return Ok(Exit::Done);
    }
    Output::reject_json(common)?;
    let lines = ALL
        .iter()
        .map(|schema| format!("{:<9} {}\n", schema.name, schema.about));
    print_or_closed(&lines.collect::<String>())?;
    Ok(Exit::Done)
}
