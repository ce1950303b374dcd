//! Seeds of another shape than documented: `5`, `"5"`, or in a list.

use serde_json::{Value, json};

use crate::seed_text;

/// Gives `seed` the documented shape, and returns the JSON path of what had another
/// one.
pub(crate) fn normalize(seed: &mut Value) -> Option<&'static str> {
    match seed {
        Value::Object(fields) => {
            let value = fields.get_mut("value").filter(|value| !value.is_u64())?;
            *value = whole_number(value)?.into();
            Some("seed.value")
        }
        Value::Array(items) => {
            let mut item = items.iter().find(|item| has_number(item))?.clone();
            normalize(&mut item);
            *seed = item;
            Some("seed")
        }
        scalar => {
            *scalar = json!({"value": whole_number(scalar)?});
            Some("seed")
        }
    }
}

fn has_number(seed: &Value) -> bool {
    let in_text = || seed.get("content")?.as_str().and_then(seed_text::seed);
    let value = seed.get("value").and_then(whole_number);
    value.or_else(in_text).is_some()
}

/// A number of any form: `123`, `"123"` or `123.0`.
fn whole_number(value: &Value) -> Option<u64> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_of_another_shape_is_normalized() {
        let seed = json!({"value": 5, "attachments": []});
        for (mut odd, path, even) in [
            (json!(5), "seed", json!({"value": 5})),
            (json!(" 5 "), "seed", json!({"value": 5})),
            (json!({"value": "5"}), "seed.value", json!({"value": 5})),
            (json!({"value": 5.0}), "seed.value", json!({"value": 5})),
            (json!([null, {}, seed]), "seed", seed.clone()),
            (json!([{"value": "5"}]), "seed", json!({"value": 5})),
        ] {
            assert_eq!(normalize(&mut odd), Some(path), "{odd}");
            assert_eq!(odd, even);
        }
    }

    #[test]
    fn other_values_are_unchanged() {
        for value in [
            json!(null),
            json!("none"),
            json!(-5),
            json!([5]),
            json!({"a": 5}),
            json!({"value": 5}),
            json!({"value": -5}),
        ] {
            let mut seed = value.clone();
            assert_eq!(normalize(&mut seed), None, "{value}");
            assert_eq!(seed, value);
        }
    }
}
