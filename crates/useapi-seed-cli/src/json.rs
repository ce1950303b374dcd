//! `--json`: data for scripts, on stdout alone.

use serde::Serialize;
use serde_json::Value;

use crate::arguments::Common;
use crate::failure::Failure;
use crate::schemas::Schema;
use crate::terminal::give_on;

/// How results are printed.
#[derive(Debug)]
pub(crate) enum Output {
    /// For people.
    Words,
    /// With these fields; none are all.
    Json(Vec<String>),
}

impl Output {
    /// As the options say. Fields that are not in the schema are rejected, before
    /// anything is sent.
    pub(crate) fn new(common: &Common, schema: Schema) -> Result<Self, Failure> {
        if common.json || common.fields.is_some() {
            Self::json(common, schema)
        } else {
            Ok(Self::Words)
        }
    }

    /// For a command that prints nothing else.
    pub(crate) fn json(common: &Common, schema: Schema) -> Result<Self, Failure> {
        let fields = common.fields.iter().flatten();
        let fields: Vec<_> = fields.map(|field| field.trim().to_owned()).collect();
        let known = schema.fields();
        let unknown = fields.iter().filter(|field| !known.contains(field));
        let unknown: Vec<_> = unknown.map(|field| format!("{field:?}")).collect();
        if !unknown.is_empty() {
            let message = format!("unknown fields: {}", unknown.join(", "));
            let advice = format!("Known fields: {}", known.join(", "));
            return Err(Failure::wrong_use(message).advise(advice));
        }
        Ok(Self::Json(fields))
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Prints a document, on a line of its own.
    pub(crate) fn give(&self, document: &impl Serialize) -> Result<(), Failure> {
        give_on(&(self.line(document)? + "\n"))
    }

    pub(crate) fn line(&self, document: &impl Serialize) -> Result<String, Failure> {
        let fault = |fault| Failure::new(format!("cannot print the result: {fault}"));
        let fields = match self {
            Self::Json(fields) if !fields.is_empty() => fields,
            _ => return serde_json::to_string(document).map_err(fault),
        };
        let document = serde_json::to_value(document).map_err(fault)?;
        // In the order in which they were asked for; an event has not all of them.
        let members: Vec<_> = fields
            .iter()
            .filter_map(|field| {
                Some(format!(
                    "{}:{}",
                    Value::from(field.as_str()),
                    document.get(field)?
                ))
            })
            .collect();
        Ok(format!("{{{}}}", members.join(",")))
    }
}
