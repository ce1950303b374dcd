//! Finds the value that a failure depends on.
//!
//! Neither the OpenAPI types nor the generator say where in the description
//! they stumbled: the types are untagged enumerations, and the generator
//! panics. So the description is tried again without each of its parts: the
//! part without which it works holds the fault, and the search goes on inside.

use serde_json::{Map, Value};

use crate::document::child;

/// JSON pointer to the smallest value without which `works` holds; empty when
/// no single part is to blame.
pub(crate) fn find(document: &Value, works: &dyn Fn(&Value) -> bool) -> String {
    let mut culprit = String::new();
    while let Some(inside) = blamed_child(document, &culprit, works) {
        culprit = inside;
    }
    culprit
}

fn blamed_child(document: &Value, pointer: &str, works: &dyn Fn(&Value) -> bool) -> Option<String> {
    children(document.pointer(pointer)?, pointer)
        .into_iter()
        .find(|candidate| {
            [None, Some(Value::Object(Map::new()))]
                .into_iter()
                .any(|substitute| {
                    // An empty object in place of an empty object proves nothing.
                    substitute.as_ref() != document.pointer(candidate)
                        && works(&with(document, candidate, substitute))
                })
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
