//! The specs in `openapi/`, and the validation of responses against them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use reqwest::header::HeaderMap;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

pub(crate) static API: LazyLock<Spec> =
    LazyLock::new(|| Spec::parse(include_str!("../../openapi/seed_async.yaml")));
pub(crate) static CONTROL: LazyLock<Spec> =
    LazyLock::new(|| Spec::parse(include_str!("../../openapi/emulator.yaml")));

/// The headers that hyper adds.
const IMPLICIT_HEADERS: [&str; 3] = ["content-length", "content-type", "date"];

pub(crate) struct Spec {
    document: Value,
    /// By schema: compiling one takes longer than a request.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Spec {
    fn parse(text: &str) -> Self {
        let documents = Yaml::load_from_str(text).unwrap();
        Self {
            document: to_json(&documents[0]),
            validators: Mutex::default(),
        }
    }

    /// The value at a JSON pointer, through its `$ref`.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.document
            .pointer(pointer)
            .and_then(|value| self.resolve(value))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        match value["$ref"].as_str() {
            Some(target) => self.at(target.trim_start_matches('#')),
            None => Some(value),
        }
    }

    /// Methods and paths of all operations.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (Method, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter().map(move |(method, operation)| {
                let method = method.to_uppercase().parse().unwrap();
                (method, path.as_str(), operation)
            })
        })
    }

    /// The operation of a path below the base URL.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let segments: Vec<_> = path.split('/').collect();
        let is_match = |pattern: &str| {
            let pattern: Vec<_> = pattern.split('/').collect();
            let mut pairs = pattern.iter().zip(&segments);
            pattern.len() == segments.len()
                && pairs.all(|(pattern, segment)| pattern == segment || pattern.starts_with('{'))
        };
        let mut operations = self.operations();
        let (_, _, operation) =
            operations.find(|(known, pattern, _)| known == method && is_match(pattern))?;
        Some(operation)
    }

    /// Why the value is invalid, if it is.
    pub(crate) fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let name = schema.to_string();
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            let compiled = validators.entry(name).or_insert_with(|| {
                let mut schema = schema.clone();
                let mut components = self.document["components"].clone();
                for part in [&mut schema, &mut components] {
                    nullable_as_type(part);
                }
                // A `$ref` hides its siblings.
                let schema = json!({ "allOf": [schema], "components": components });
                Arc::new(jsonschema::draft4::new(&schema).unwrap())
            });
            Arc::clone(compiled)
        };
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{:?}: {error}", error.instance_path().to_string()))
            .collect()
    }

    /// What of a response the operation does not declare.
    pub(crate) fn violations(
        &self,
        operation: &Value,
        status: u16,
        headers: &HeaderMap,
        body: &str,
    ) -> Vec<String> {
        let declared = operation["responses"].get(status.to_string());
        let Some(declared) = declared.and_then(|response| self.resolve(response)) else {
            return vec![format!("status {status} is not declared")];
        };
        let is_declared = |name: &str| {
            let mut declared = declared["headers"]
                .as_object()
                .into_iter()
                .flat_map(Map::keys);
            IMPLICIT_HEADERS.contains(&name) || declared.any(|it| it.eq_ignore_ascii_case(name))
        };
        let headers_seen = headers.keys().map(reqwest::header::HeaderName::as_str);
        let mut violations: Vec<_> = headers_seen
            .filter(|name| !is_declared(name))
            .map(|name| format!("header {name} is not declared"))
            .collect();
        let Some(content) = declared.get("content") else {
            if !body.is_empty() {
                violations.push("a body where none is declared".to_owned());
            }
            return violations;
        };
        let kind = headers.get("content-type");
        let kind = kind.map_or("", |kind| kind.to_str().unwrap_or_default());
        match (content.get(kind), serde_json::from_str(body)) {
            (None, _) => violations.push(format!("content type {kind:?} is not declared")),
            (_, Err(error)) => violations.push(format!("not JSON: {error}")),
            (Some(media), Ok(body)) => violations.extend(self.errors(&media["schema"], &body)),
        }
        violations
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

fn to_json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => Value::String(value.to_string()),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| match key {
                Yaml::Value(Scalar::String(key)) => (key.to_string(), to_json(value)),
                other => panic!("a key is not a string: {other:?}"),
            });
            Value::Object(entries.collect())
        }
        other => panic!("not JSON: {other:?}"),
    }
}

#[test]
fn undeclared_responses_are_violations() {
    let get_job = API.operation(&Method::GET, "/jobs/").unwrap();
    let list_jobs = API.operation(&Method::GET, "/jobs").unwrap();
    let reset = "/account/midjourney/1/reset";
    let reset = API.operation(&Method::POST, reset).unwrap();
    let json = ("content-type", "application/json");
    for (operation, status, header, body, violation) in [
        (list_jobs, 404, json, "{}", "status 404 is not declared"),
        (get_job, 200, json, "[]", "is not of type"),
        (
            get_job,
            200,
            json,
            r#"{"seed":{"value":-1}}"#,
            "\"/seed/value\": -1",
        ),
        (
            get_job,
            401,
            ("retry-after", "5"),
            "{}",
            "header retry-after is not declared",
        ),
        (
            get_job,
            401,
            ("content-type", "text/plain"),
            "{}",
            "content type \"text/plain\" is not declared",
        ),
        (get_job, 200, json, "{", "not JSON"),
        (reset, 200, json, "{}", "a body where none is declared"),
    ] {
        let headers =
            HeaderMap::from_iter([(header.0.parse().unwrap(), header.1.parse().unwrap())]);
        let violations = API.violations(operation, status, &headers, body);
        assert!(violations[0].contains(violation), "{violations:?}");
    }
    let headers = HeaderMap::from_iter([(json.0.parse().unwrap(), json.1.parse().unwrap())]);
    let job = r#"{"jobid":"1","seed":null,"news":1,"code":"200"}"#;
    assert!(API.violations(get_job, 200, &headers, job).is_empty());
}
