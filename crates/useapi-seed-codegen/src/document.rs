//! The spec as a value, with the location of each part of it.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};
use serde_json::{Map, Number, Value};

use crate::error::{Error, Location};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation of the spec.
pub(crate) struct Operation<'a> {
    /// JSON pointer to `value`.
    pub(crate) pointer: String,
    pub(crate) path: &'a str,
    /// In lower case.
    pub(crate) method: &'static str,
    pub(crate) value: &'a Value,
}

/// A parsed spec.
pub(crate) struct Document {
    file: String,
    pub(crate) value: Value,
    /// JSON pointer to line and column, both counted from 1.
    positions: BTreeMap<String, (usize, usize)>,
}

impl Document {
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let mut document = Self {
            file: file.to_owned(),
            value: Value::Null,
            positions: BTreeMap::new(),
        };
        let nodes = MarkedYaml::load_from_str(text).map_err(|error| {
            let message = format!("invalid YAML: {}", error.info());
            document.error_at(error.marker(), "", &message)
        })?;
        let [root] = nodes.as_slice() else {
            return Err(document.error("", "must be exactly one YAML document"));
        };
        let mut value = document.read(root, "")?;
        // The generator follows the order of keys. Sorted, the order does not
        // depend on which features of serde_json a build happens to enable.
        value.sort_all_objects();
        document.value = value;
        document.check_version()?;
        document.check_references()?;
        Ok(document)
    }

    /// The string at `pointer`, which is required.
    pub(crate) fn string(&self, pointer: &str) -> Result<&str, Error> {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .ok_or_else(|| self.error(pointer, "is required and must be a string"))
    }

    /// The members of the object at `pointer`, each with its own pointer; none
    /// when there is no object.
    pub(crate) fn members<'a>(
        &'a self,
        pointer: &'a str,
    ) -> impl Iterator<Item = (String, &'a str, &'a Value)> {
        let object = self.value.pointer(pointer).and_then(Value::as_object);
        let members = object.into_iter().flat_map(Map::iter);
        members.map(move |(key, value)| (child(pointer, key), key.as_str(), value))
    }

    /// All operations, in the order of their paths.
    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.members("/paths").flat_map(|(pointer, path, item)| {
            METHODS.into_iter().filter_map(move |method| {
                Some(Operation {
                    pointer: child(&pointer, method),
                    path,
                    method,
                    value: item.get(method)?,
                })
            })
        })
    }

    /// An error about the value at `pointer`, located at its nearest parent when
    /// there is no such value.
    pub(crate) fn error(&self, pointer: &str, message: &str) -> Error {
        let mut known = pointer;
        let (line, column) = loop {
            match (self.positions.get(known), known.rsplit_once('/')) {
                (Some(position), _) => break *position,
                (None, Some((parent, _))) => known = parent,
                (None, None) => break (1, 1),
            }
        };
        let location = Location {
            file: self.file.clone(),
            line,
            column,
            pointer: pointer.to_owned(),
        };
        Error::new(location, message)
    }

    fn error_at(&mut self, marker: &Marker, pointer: &str, message: &str) -> Error {
        self.positions.insert(pointer.to_owned(), position(marker));
        self.error(pointer, message)
    }

    fn read(&mut self, node: &MarkedYaml<'_>, pointer: &str) -> Result<Value, Error> {
        self.positions
            .insert(pointer.to_owned(), position(&node.span.start));
        match &node.data {
            YamlData::Value(scalar) => json_scalar(scalar)
                .ok_or_else(|| self.error(pointer, "is a number that JSON does not support")),
            YamlData::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.read(item, &format!("{pointer}/{index}")))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            YamlData::Mapping(entries) => {
                let mut map = Map::new();
                for (key, item) in entries {
                    let YamlData::Value(Scalar::String(name)) = &key.data else {
                        let message = "has a key that is not a string; quote it";
                        return Err(self.error_at(&key.span.start, pointer, message));
                    };
                    let value = self.read(item, &child(pointer, name))?;
                    map.insert(name.to_string(), value);
                }
                Ok(Value::Object(map))
            }
            _ => Err(self.error(pointer, "is a YAML value that JSON does not support")),
        }
    }

    fn check_version(&self) -> Result<(), Error> {
        match self.value.get("openapi") {
            Some(Value::String(version)) if version.starts_with("3.0.") => Ok(()),
            Some(_) => Err(self.error("/openapi", "must be a version 3.0.x, as a string")),
            None => Err(self.error("", "has no field `openapi`: is it an OpenAPI document?")),
        }
    }

    /// The generator panics on a dangling reference.
    fn check_references(&self) -> Result<(), Error> {
        for pointer in self.positions.keys().filter(|key| key.ends_with("/$ref")) {
            let target = self.string(pointer)?;
            let internal = target.strip_prefix('#').unwrap_or("?");
            if self.value.pointer(internal).is_none() {
                let message = format!("refers to `{target}`, which is not in this document");
                return Err(self.error(pointer, &message));
            }
        }
        Ok(())
    }
}

/// None for a number that JSON does not support.
fn json_scalar(scalar: &Scalar<'_>) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Value::Number(Number::from_f64(value.into_inner())?),
        // Block scalars of YAML end in a newline.
        Scalar::String(value) => Value::from(value.trim_end()),
    })
}

/// The JSON pointer of `key` below `pointer`.
pub(crate) fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn position(marker: &Marker) -> (usize, usize) {
    (marker.line().max(1), marker.col() + 1)
}
