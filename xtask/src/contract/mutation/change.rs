//! Changes to one field of a documented answer.

use std::fmt;

use serde_json::{Map, Value};

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It gets another name.
    Rename,
    /// It gets another value of the same kind.
    Value,
}

impl Change {
    pub(crate) const ALL: [Self; 2] = [Self::Rename, Self::Value];

    /// The answer with the change, or nothing where it does not apply: an
    /// object has no value of its own. Of a list, the last item is changed,
    /// since reading only the first is the likelier mistake.
    pub(crate) fn apply(self, answer: &Value, path: &str) -> Option<Value> {
        let mut changed = answer.clone();
        let (fields, name) = locate(&mut changed, path)?;
        match self {
            Self::Rename => {
                let value = fields.remove(name)?;
                fields.insert(format!("{name}X"), value);
            }
            Self::Value => alter(fields.get_mut(name)?)?,
        }
        Some(changed)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rename => "renamed",
            Self::Value => "with another value",
        })
    }
}

/// The object that has the field, and the field's name.
fn locate<'a, 'b>(
    answer: &'a mut Value,
    path: &'b str,
) -> Option<(&'a mut Map<String, Value>, &'b str)> {
    let (parents, name) = match path.rsplit_once('.') {
        Some((parents, name)) => (Some(parents), name),
        None => (None, path),
    };
    let mut node = answer;
    for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
        node = match parent.strip_suffix("[]") {
            Some(list) => node.get_mut(list)?.as_array_mut()?.last_mut()?,
            None => node.get_mut(parent)?,
        };
    }
    Some((node.as_object_mut()?, name))
}

fn alter(value: &mut Value) -> Option<()> {
    match value {
        Value::String(text) => text.push_str(" changed"),
        Value::Number(number) => *number = (number.as_u64()? + 1).into(),
        Value::Array(items) => {
            items.pop()?;
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Change;

    #[test]
    fn one_field_is_changed() {
        let answer = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "d": ["x", "y"], "e": "z"});
        for (change, path, changed) in [
            (
                Change::Rename,
                "a.b[].c",
                json!({"a": {"b": [{"c": 1}, {"cX": 2}]}, "d": ["x", "y"], "e": "z"}),
            ),
            (
                Change::Value,
                "a.b[].c",
                json!({"a": {"b": [{"c": 1}, {"c": 3}]}, "d": ["x", "y"], "e": "z"}),
            ),
            (
                Change::Value,
                "d",
                json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "d": ["x"], "e": "z"}),
            ),
            (
                Change::Value,
                "e",
                json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "d": ["x", "y"], "e": "z changed"}),
            ),
        ] {
            assert_eq!(
                change.apply(&answer, path),
                Some(changed),
                "{path} {change}"
            );
        }
        assert_eq!(Change::Value.apply(&answer, "a"), None);
        for path in ["f", "a.f", "f.a", "e.f", "e[].f"] {
            for change in Change::ALL {
                assert_eq!(change.apply(&answer, path), None, "{path}");
            }
        }
    }
}
