//! Seeds of another shape than documented: `5`, `"5"`, or in a list.

use serde_json::{Value, json};

use crate::seed_text;

/// The number in a `seed` of any shape.
pub(crate) fn number(seed: &Value) -> Option<u64> {
    match seed {
        Value::Object(fields) => {
            let text = || fields.get("content").and_then(number_in_text);
            fields.get("value").and_then(whole_number).or_else(text)
        }
        Value::Array(items) => items
            .iter()
            .filter(|item| item.is_object())
            .find_map(number),
        scalar => whole_number(scalar),
    }
}

/// Gives `seed` the documented shape, and returns whether it had another one.
pub(crate) fn normalize(seed: &mut Value) -> bool {
    let reshaped = match &*seed {
        Value::Object(_) => None,
        Value::Array(items) => {
            let is_seed = |item: &Value| item.is_object() && number(item).is_some();
            items.iter().find(|item| is_seed(item)).cloned()
        }
        scalar => whole_number(scalar).map(|number| json!({"value": number})),
    };
    let is_reshaped = reshaped.is_some();
    if let Some(reshaped) = reshaped {
        *seed = reshaped;
    }
    is_reshaped
}

/// A number of any form: `123`, `"123"` or `123.0`.
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

/// The seed in a message.
pub(crate) fn number_in_text(content: &Value) -> Option<u64> {
    content.as_str().and_then(seed_text::seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_of_another_shape_is_normalized() {
        let seed = json!({"value": 5, "attachments": []});
        for (mut odd, even) in [
            (json!(5), json!({"value": 5})),
            (json!(" 5 "), json!({"value": 5})),
            (json!([null, {}, seed]), seed.clone()),
        ] {
            assert_eq!(number(&odd), Some(5), "{odd}");
            assert!(normalize(&mut odd), "{odd}");
            assert_eq!(odd, even);
        }
    }

    #[test]
    fn what_holds_no_number_stays_as_it_is() {
        for value in [
            json!(null),
            json!("none"),
            json!(-5),
            json!([5]),
            json!({"a": 5}),
        ] {
            let mut seed = value.clone();
            assert_eq!(number(&seed), None, "{value}");
            assert!(!normalize(&mut seed), "{value}");
            assert_eq!(seed, value);
        }
    }
}
