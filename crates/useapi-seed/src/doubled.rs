//! Reads JSON in which a key may stand twice in an object, and says where.
//!
//! JSON allows it, and parsers differ: most take the last value without a word.
//! Here a value that says nothing does not replace one that does, and each
//! doubled key is named.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::{Entry, Map};
use serde_json::{Number, Value};

use crate::lenient;
use crate::seed_shape;

/// Where the description has objects. Elsewhere nothing is named, so that the
/// paths in an answer of any size stay short.
const DESCRIBED: [&str; 3] = ["seed", "attachments", "children"];

/// The JSON in `body`, and the paths of its doubled keys.
pub(crate) fn read(body: &[u8]) -> Result<(Value, BTreeSet<String>), serde_json::Error> {
    let mut doubled = BTreeSet::new();
    let mut input = serde_json::Deserializer::from_slice(body);
    let reader = Reader {
        path: Some(String::new()),
        doubled: &mut doubled,
    };
    let value = reader.deserialize(&mut input)?;
    input.end()?;
    // Where another crate turns on serde_json's `arbitrary_precision`, numbers
    // come as maps, of which only `Value` itself makes numbers again.
    Ok((serde_json::from_value(value)?, doubled))
}

/// Whether `later` must not replace `earlier`, the value that its key had
/// before.
fn is_lesser(key: &str, earlier: &Value, later: &Value) -> bool {
    let number = |value| match key {
        "seed" => seed_shape::number(value),
        "value" => seed_shape::whole_number(value),
        "content" => seed_shape::number_in_text(value),
        _ => None,
    };
    let is_empty = match later {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    is_empty || (number(earlier).is_some() && number(later).is_none())
}

struct Reader<'a> {
    /// Of what is read; None beneath what the description does not know.
    path: Option<String>,
    doubled: &'a mut BTreeSet<String>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let index = items.len();
            let reader = Reader {
                path: self.path.as_ref().map(|path| format!("{path}[{index}]")),
                doubled: &mut *self.doubled,
            };
            match access.next_element_seed(reader)? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let path = self.path.as_ref().map(|path| lenient::join(path, &key));
            let value = access.next_value_seed(Reader {
                path: path.clone().filter(|_| DESCRIBED.contains(&key.as_str())),
                doubled: &mut *self.doubled,
            })?;
            match fields.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    self.doubled.extend(path);
                    if !is_lesser(entry.key(), entry.get(), &value) {
                        entry.insert(value);
                    }
                }
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_something_stays_and_what_is_doubled_is_named() {
        for (text, kept, named) in [
            (r#"{"a":1,"a":2,"a":3}"#, json!({"a": 3}), vec!["a"]),
            (r#"{"a":1,"a":null}"#, json!({"a": 1}), vec!["a"]),
            (r#"{"a":[1],"a":[]}"#, json!({"a": [1]}), vec!["a"]),
            (r#"{"a":null,"a":null}"#, json!({"a": null}), vec!["a"]),
            (
                r#"{"seed":{"value":5,"value":"x"},"seed":"none"}"#,
                json!({"seed": {"value": 5}}),
                vec!["seed", "seed.value"],
            ),
            (
                r#"{"seed":{"value":5},"seed":{"value":6}}"#,
                json!({"seed": {"value": 6}}),
                vec!["seed"],
            ),
            (
                r#"{"seed":{"attachments":[{},{"id":"1","id":"2"}]}}"#,
                json!({"seed": {"attachments": [{}, {"id": "2"}]}}),
                vec!["seed.attachments[1].id"],
            ),
            (r#"{"n":{"a":1,"a":2}}"#, json!({"n": {"a": 2}}), vec![]),
        ] {
            let (value, doubled) = read(text.as_bytes()).unwrap();
            assert_eq!(value, kept, "{text}");
            assert_eq!(doubled.into_iter().collect::<Vec<_>>(), named, "{text}");
        }
    }

    #[test]
    fn what_no_parser_takes_is_an_error() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", r#"{"a":1} b"#, &deep] {
            assert!(read(text.as_bytes()).is_err());
        }
    }

    proptest! {
        #[test]
        fn other_json_is_read_as_ever(text in "\\PC*", float: f64, signed: i64, unsigned: u64) {
            let body = json!({"a": [text, float, signed, unsigned, null, true, {"b": text}]});
            let body = body.to_string();
            let (value, doubled) = read(body.as_bytes()).unwrap();
            prop_assert_eq!(value, serde_json::from_str::<Value>(&body).unwrap());
            prop_assert!(doubled.is_empty());
        }
    }
}
