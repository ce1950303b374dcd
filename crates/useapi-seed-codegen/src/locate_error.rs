//! Finds the value that makes the generation fail.
//!
//! Neither the OpenAPI types nor the generator report a location: the types are
//! untagged enumerations, and the generator panics. So the spec is tried without
//! each of its parts: the part without which it works contains the error, and
//! the search continues inside that part.

use serde_json::{Value, json};

use crate::document::child;

/// How many levels below a value are searched for the failing part. A schema that
/// others refer to cannot be removed, nor can its parents, but it can be emptied.
const DEPTH: usize = 3;

/// JSON pointer to the smallest value without which `works` returns true; empty
/// when no single part causes the failure.
pub(crate) fn find(spec: &Value, works: &dyn Fn(&Value) -> bool) -> String {
    let mut found = String::new();
    while let Some(inside) = smallest_failing_part(spec, &found, works) {
        found = inside;
    }
    found
}

fn smallest_failing_part(
    spec: &Value,
    pointer: &str,
    works: &dyn Fn(&Value) -> bool,
) -> Option<String> {
    let mut level = vec![pointer.to_owned()];
    for _ in 0..DEPTH {
        level = level
            .iter()
            .filter_map(|pointer| Some(children(spec.pointer(pointer)?, pointer)))
            .flatten()
            .collect();
        let failing = level.iter().find(|part| causes_failure(spec, part, works));
        if failing.is_some() {
            return failing.cloned();
        }
    }
    None
}

/// Whether the spec works without this part, or with a plain value instead.
fn causes_failure(spec: &Value, pointer: &str, works: &dyn Fn(&Value) -> bool) -> bool {
    let substitutes = [json!({}), json!([]), json!(""), json!(0), json!(true)];
    works(&without(spec, pointer))
        || substitutes.into_iter().any(|substitute| {
            let mut changed = spec.clone();
            match changed.pointer_mut(pointer) {
                Some(value) if *value != substitute => *value = substitute,
                _ => return false,
            }
            works(&changed)
        })
}

fn children(value: &Value, pointer: &str) -> Vec<String> {
    match value {
        Value::Object(map) => map.keys().map(|key| child(pointer, key)).collect(),
        Value::Array(items) => (0..items.len())
            .map(|index| format!("{pointer}/{index}"))
            .collect(),
        _ => Vec::new(),
    }
}

fn without(spec: &Value, pointer: &str) -> Value {
    let mut spec = spec.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    match spec.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            let mut index = 0..;
            items.retain(|_| {
                index
                    .next()
                    .is_none_or(|index: usize| index.to_string() != key)
            });
        }
        _ => {}
    }
    spec
}
