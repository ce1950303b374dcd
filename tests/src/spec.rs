//! The OpenAPI spec, for tests that compare something with it.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// A spec in `openapi/`, as JSON.
#[derive(Clone, Debug)]
pub struct Spec(Value);

/// An example in the spec, with its schema.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its location, as a JSON pointer.
    pub pointer: String,
    /// The schema, as written beside the example.
    pub schema: Value,
    /// The example.
    pub value: Value,
}

impl Example {
    /// Whether it is the body of a response.
    #[must_use]
    pub fn is_response(&self) -> bool {
        ["/responses/", "/content/"]
            .iter()
            .all(|step| self.pointer.contains(step))
    }
}

impl Spec {
    /// Reads the service's spec.
    ///
    /// # Panics
    ///
    /// When it is missing or is not YAML.
    #[must_use]
    pub fn read() -> Self {
        Self::read_file("seed_async.yaml")
    }

    /// Reads the spec of the emulator's own routes.
    ///
    /// # Panics
    ///
    /// When it is missing or is not YAML.
    #[must_use]
    pub fn emulator() -> Self {
        Self::read_file("emulator.yaml")
    }

    fn read_file(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../openapi")
            .join(name);
        let text = std::fs::read_to_string(file).expect("the spec");
        let documents = Yaml::load_from_str(&text).expect("YAML");
        Self(json(documents.first().expect("a document")))
    }

    /// The value at a JSON pointer.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// All examples of bodies, with their schemas.
    #[must_use]
    pub fn examples(&self) -> Vec<Example> {
        let mut found = Vec::new();
        self.collect(&self.0, "", &mut found);
        found
    }

    /// Every media type has its schema and its examples side by side.
    fn collect(&self, value: &Value, pointer: &str, found: &mut Vec<Example>) {
        if let (Some(schema), Some(Value::Object(examples))) =
            (value.get("schema"), value.get("examples"))
        {
            for (name, example) in examples {
                let example = self.resolved(example);
                if let Some(example) = example.get("value") {
                    found.push(Example {
                        pointer: format!("{pointer}/examples/{name}"),
                        schema: schema.clone(),
                        value: example.clone(),
                    });
                }
            }
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    self.collect(value, &format!("{pointer}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.collect(value, &format!("{pointer}/{index}"), found);
                }
            }
            _ => {}
        }
    }

    /// The value itself, or the target of its `$ref`.
    #[must_use]
    pub fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str);
        target
            .and_then(|target| self.at(target.trim_start_matches('#')))
            .unwrap_or(value)
    }

    /// A schema of the spec as JSON Schema (draft 4, which OpenAPI 3.0 builds on):
    /// `nullable` becomes a type, and the components come with it.
    #[must_use]
    pub fn json_schema(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        let mut components = self.at("/components").cloned().unwrap_or_default();
        for part in [&mut schema, &mut components] {
            nullable_as_type(part);
        }
        if let Value::Object(map) = &mut schema {
            // A `$ref` hides its siblings.
            let complete = Value::Object(std::mem::take(map));
            map.insert("allOf".to_owned(), Value::Array(vec![complete]));
            map.insert("components".to_owned(), components);
        }
        schema
    }
}

fn nullable_as_type(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.remove("nullable") == Some(Value::Bool(true))
                && let Some(kind) = map.get_mut("type")
            {
                *kind = Value::Array(vec![kind.take(), "null".into()]);
            }
            map.values_mut().for_each(nullable_as_type);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable_as_type),
        _ => {}
    }
}

fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => Value::String(value.to_string()),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| match key {
                Yaml::Value(Scalar::String(key)) => (key.to_string(), json(value)),
                other => panic!("a key is not a string: {other:?}"),
            })
            .collect::<Map<_, _>>()
            .into(),
        other => panic!("not JSON: {other:?}"),
    }
}
