//! Finds the value that a failure depends on.
//!
//! Neither the OpenAPI types nor the generator say where in the description
//! they stumbled: the types are untagged enumerations, and the generator
//! panics. So the description is tried again without each of its parts: the
//! part without which it works holds the fault, and the search goes on inside.

use serde_json::{Value, json};

use crate::document::child;

/// How far below a value to look for the part to blame. A schema that others
/// refer to cannot be missed, nor can what holds it, but it can be emptied.
const DEPTH: usize = 3;

/// JSON pointer to the smallest value without which `works` holds; empty when
/// no single part is to blame.
pub(crate) fn find(document: &Value, works: &dyn Fn(&Value) -> bool) -> String {
    let mut culprit = String::new();
    while let Some(inside) = smallest_failing_part(document, &culprit, works) {
        culprit = inside;
    }
    culprit
}

fn smallest_failing_part(
    document: &Value,
    pointer: &str,
    works: &dyn Fn(&Value) -> bool,
) -> Option<String> {
    let mut level = vec![pointer.to_owned()];
    for _ in 0..DEPTH {
        level = level
            .iter()
            .filter_map(|pointer| Some(children(document.pointer(pointer)?, pointer)))
            .flatten()
            .collect();
        let blamed = level
            .iter()
            .find(|candidate| causes_failure(document, candidate, works));
        if let Some(blamed) = blamed {
            return Some(blamed.clone());
        }
    }
    None
}

/// Whether the document works without this part, or with something plain in its
/// place.
fn causes_failure(document: &Value, pointer: &str, works: &dyn Fn(&Value) -> bool) -> bool {
    let present = document.pointer(pointer);
    let substitutes = [json!({}), json!([]), json!(""), json!(0), json!(true)];
    works(&with(document, pointer, None))
        || substitutes
            .into_iter()
            .filter(|substitute| Some(substitute) != present)
            .any(|substitute| works(&with(document, pointer, Some(substitute))))
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

/// The document with `substitute` at `pointer`, or without what is there.
fn with(document: &Value, pointer: &str, substitute: Option<Value>) -> Value {
    let mut document = document.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let key = key.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent), substitute) {
        (Some(Value::Object(map)), Some(value)) => {
            map.insert(key, value);
        }
        (Some(Value::Object(map)), None) => {
            map.remove(&key);
        }
        (Some(Value::Array(items)), substitute) => {
            if let Some(place) = key
                .parse::<usize>()
                .ok()
                .filter(|index| *index < items.len())
            {
                items.splice(place..=place, substitute);
            }
        }
        _ => {}
    }
    document
}
