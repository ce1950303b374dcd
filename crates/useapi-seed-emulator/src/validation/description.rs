//! The OpenAPI description as JSON, and its schemas as JSON Schema.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The description.
pub(super) struct Description(Value);

impl Description {
    /// Reads YAML.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
        let document = documents.first().ok_or("no document")?;
        Ok(Self(json(document)?))
    }

    /// All operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = &Value> {
        let paths = self.0.get("paths").and_then(Value::as_object);
        let methods = paths.into_iter().flat_map(Map::values);
        let methods = methods.filter_map(Value::as_object).flat_map(Map::values);
        methods.filter(|value| value.get("operationId").is_some())
    }

    /// What a reference leads to; anything else is itself.
    pub(super) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|target| self.0.pointer(target.strip_prefix('#')?))
            .unwrap_or(value)
    }

    /// A schema as JSON Schema has it (draft 4, on which OpenAPI 3.0 builds):
    /// `nullable` becomes a type, and what is referred to comes along.
    pub(super) fn json_schema(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        let mut components = self.0.get("components").cloned().unwrap_or_default();
        for part in [&mut schema, &mut components] {
            nullable_as_type(part);
        }
        // A reference hides what stands beside it, so it is put further down.
        serde_json::json!({ "allOf": [schema], "components": components })
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

fn json(node: &Yaml<'_>) -> Result<Value, String> {
    match node {
        Yaml::Value(Scalar::Null) => Ok(Value::Null),
        Yaml::Value(Scalar::Boolean(value)) => Ok(Value::Bool(*value)),
        Yaml::Value(Scalar::Integer(value)) => Ok(Value::from(*value)),
        Yaml::Value(Scalar::FloatingPoint(value)) => Ok(Value::from(value.into_inner())),
        Yaml::Value(Scalar::String(value)) => Ok(Value::String(value.to_string())),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| match key {
                Yaml::Value(Scalar::String(key)) => Ok((key.to_string(), json(value)?)),
                other => Err(format!("a key that is no string: {other:?}")),
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        other => Err(format!("no JSON: {other:?}")),
    }
}
