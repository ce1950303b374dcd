//! What an answer of each operation may be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::response::Parts;
use jsonschema::Validator;
use serde_json::{Map, Value};

use super::description::Description;
use crate::operation::Operation;

/// The answers that the description declares.
pub(super) struct Contract {
    /// By the operation's id and the status as the description has it.
    answers: BTreeMap<(String, String), Declared>,
}

/// One answer.
struct Declared {
    /// By content type; none when a body is not described.
    bodies: BTreeMap<String, Arc<Validator>>,
    /// In lower case.
    headers: BTreeSet<String>,
}

/// Many answers have the same schema, which is compiled once.
#[derive(Default)]
struct Schemas(BTreeMap<String, Arc<Validator>>);

impl Schemas {
    fn compiled(
        &mut self,
        description: &Description,
        schema: &Value,
    ) -> Result<Arc<Validator>, String> {
        let name = schema.to_string();
        if let Some(validator) = self.0.get(&name) {
            return Ok(Arc::clone(validator));
        }
        let validator = jsonschema::draft4::new(&description.json_schema(schema))
            .map_err(|error| format!("{name}: {error}"))?;
        let validator = Arc::new(validator);
        self.0.insert(name, Arc::clone(&validator));
        Ok(validator)
    }
}

impl Contract {
    /// Reads the description.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let description = Description::read(text)?;
        let mut schemas = Schemas::default();
        let mut answers = BTreeMap::new();
        for operation in description.operations() {
            let id = operation.get("operationId").and_then(Value::as_str);
            for (status, response) in fields(operation, "responses") {
                let response = description.resolved(response);
                let mut bodies = BTreeMap::new();
                for (kind, media) in fields(response, "content") {
                    let schema = media.get("schema").cloned().unwrap_or_default();
                    bodies.insert(kind.clone(), schemas.compiled(&description, &schema)?);
                }
                let headers = fields(response, "headers");
                let headers = headers.map(|(name, _)| name.to_lowercase()).collect();
                let key = (id.unwrap_or_default().to_owned(), status.clone());
                answers.insert(key, Declared { bodies, headers });
            }
        }
        Ok(Self { answers })
    }

    /// Says what of an answer is not as declared.
    pub(super) fn check(
        &self,
        operation: Option<Operation>,
        parts: &Parts,
        body: &[u8],
    ) -> Result<(), String> {
        let status = parts.status.as_u16();
        let Some(operation) = operation else {
            // The description says nothing about what it does not have.
            return match status {
                404 | 405 => Ok(()),
                _ => Err(format!("status {status} where there is no operation")),
            };
        };
        let Some(id) = id(operation) else {
            return Ok(());
        };
        let declared = self.answers.get(&(id.to_owned(), status.to_string()));
        let declared = declared.ok_or_else(|| format!("status {status} is not declared"))?;
        declared
            .check(parts, body)
            .map_err(|what| format!("status {status}: {what}"))
    }
}

impl Declared {
    fn check(&self, parts: &Parts, body: &[u8]) -> Result<(), String> {
        // These two every body has.
        let own = [CONTENT_TYPE, CONTENT_LENGTH];
        for name in parts.headers.keys().filter(|name| !own.contains(name)) {
            if !self.headers.contains(name.as_str()) {
                return Err(format!("header {name} is not declared"));
            }
        }
        if self.bodies.is_empty() {
            return if body.is_empty() {
                Ok(())
            } else {
                Err("a body where none is described".into())
            };
        }
        let kind = parts.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let validator = self
            .bodies
            .get(kind)
            .ok_or_else(|| format!("content type {kind:?} is not declared"))?;
        let body: Value =
            serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
        let faults: Vec<_> = validator
            .iter_errors(&body)
            .map(|fault| format!("{:?}: {fault}", fault.instance_path().to_string()))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.join("; "))
        }
    }
}

/// What the description calls an operation. A picture is none of its own.
fn id(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::RetrieveSeed => Some("retrieveSeed"),
        Operation::GetJob => Some("getJob"),
        Operation::ListJobs => Some("listJobs"),
        Operation::CancelJob => Some("cancelJob"),
        Operation::ResetAccount => Some("resetAccount"),
        Operation::GetImage | Operation::Callback => None,
    }
}

fn fields<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}
