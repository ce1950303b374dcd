//! `--json`: data for scripts, on stdout alone.

use serde::Serialize;
use serde_json::Value;

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
    /// `json` is the option's value. Fields that are not in the schema are
    /// refused, before anything is sent.
    pub(crate) fn new(json: Option<&str>, schema: Schema) -> Result<Self, Failure> {
        let Some(fields) = json else {
            return Ok(Self::Words);
        };
        let fields: Vec<_> = fields
            .split(',')
            .filter(|field| !field.is_empty())
            .map(str::to_owned)
            .collect();
        let known = schema.fields();
        if let Some(field) = fields.iter().find(|field| !known.contains(field)) {
            let message = format!("there is no field {field}");
            let advice = format!("The fields are {}.", known.join(", "));
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
