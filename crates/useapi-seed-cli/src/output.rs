//! `--json`: data for scripts, on stdout alone.

use std::io::{self, IsTerminal};

use serde::Serialize;
use serde_json::Value;

use crate::arguments::Common;
use crate::error::CliError;
use crate::schemas::Schema;
use crate::terminal::print_or_closed;
use crate::text::is_unprintable;

/// How results are printed.
#[derive(Debug)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// With these fields; none are all.
    Json(Vec<String>),
}

impl Output {
    /// As the options say. Fields that are not in the schema are rejected, before
    /// anything is sent.
    pub(crate) fn new(common: &Common, schema: Schema) -> Result<Self, CliError> {
        if common.json || common.fields.is_some() {
            Self::json(common, schema)
        } else {
            Ok(Self::Text)
        }
    }

    /// For a command that prints nothing else.
    pub(crate) fn json(common: &Common, schema: Schema) -> Result<Self, CliError> {
        let fields = common.fields.iter().flatten();
        let fields: Vec<_> = fields.map(|field| field.trim().to_owned()).collect();
        let known = schema.fields();
        let unknown = fields.iter().filter(|field| !known.contains(field));
        let unknown: Vec<_> = unknown.map(|field| format!("{field:?}")).collect();
        if !unknown.is_empty() {
            let message = format!("unknown fields: {}", unknown.join(", "));
            let hints = format!("Known fields: {}", known.join(", "));
            return Err(CliError::usage(message).hint(hints));
        }
        Ok(Self::Json(fields))
    }

    /// For a command without JSON.
    pub(crate) fn reject_json(common: &Common) -> Result<(), CliError> {
        if common.json || common.fields.is_some() {
            return Err(CliError::usage("this command has no JSON output"));
        }
        Ok(())
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Prints a document, on a line of its own.
    pub(crate) fn print(&self, document: &impl Serialize) -> Result<(), CliError> {
        print_or_closed(&(self.line(document)? + "\n"))
    }

    /// The document as it is printed: on a terminal, without what that acts upon.
    pub(crate) fn line(&self, document: &impl Serialize) -> Result<String, CliError> {
        let line = match self {
            Self::Json(fields) if !fields.is_empty() => selected(document, fields),
            _ => serde_json::to_string(document),
        };
        let line =
            line.map_err(|error| CliError::new(format!("cannot print the result: {error}")))?;
        Ok(if io::stdout().is_terminal() {
            escaped(&line)
        } else {
            line
        })
    }
}

/// Some fields, in the order in which they were asked for; an event has not all of them.
fn selected(document: &impl Serialize, fields: &[String]) -> serde_json::Result<String> {
    let document = serde_json::to_value(document)?;
    let members = fields.iter().filter_map(|field| {
        let value = document.get(field)?;
        Some(format!("{}:{value}", Value::from(field.as_str())))
    });
    Ok(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

/// The same JSON, with escapes in place of what a terminal acts upon.
fn escaped(json: &str) -> String {
    let letters = json.chars().map(|letter| match u32::from(letter) {
        // All of them are in the first plane.
        code if is_unprintable(letter) => format!("\\u{code:04x}"),
        _ => letter.to_string(),
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_escaped() {
        let value = Value::from("a\u{1b}\u{7f}\u{9b}\u{202e}\u{2028}\u{2066}\u{feff}é猫\"");
        let text = escaped(&value.to_string());
        assert_eq!(
            text,
            "\"a\\u001b\\u007f\\u009b\\u202e\\u2028\\u2066\\ufeffé猫\\\"\""
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
