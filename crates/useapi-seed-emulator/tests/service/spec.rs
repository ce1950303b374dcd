//! The validation of responses against the specs in `openapi/`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;
use useapi_seed_tests::Spec;

pub(crate) static API: LazyLock<Contract> = LazyLock::new(|| Contract::of(Spec::read()));
pub(crate) static CONTROL: LazyLock<Contract> = LazyLock::new(|| Contract::of(Spec::emulator()));

/// The headers that hyper adds.
const IMPLICIT_HEADERS: [&str; 3] = ["content-length", "content-type", "date"];

/// A spec that responses are validated against.
pub(crate) struct Contract {
    spec: Spec,
    /// By schema: compiling one takes longer than a request.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    fn of(spec: Spec) -> Self {
        Self {
            spec,
            validators: Mutex::default(),
        }
    }

    /// The value at a JSON pointer, through its `$ref`.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        Some(self.spec.resolved(self.spec.at(pointer)?))
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
        let mut paths = self.at("/paths")?.as_object()?.iter();
        let (_, operations) = paths.find(|(pattern, _)| is_match(pattern))?;
        operations.get(method.as_str().to_lowercase())
    }

    /// Why the value is invalid, if it is.
    pub(crate) fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            let compiled = validators.entry(schema.to_string()).or_insert_with(|| {
                let schema = self.spec.json_schema(schema);
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
        let Some(declared) = operation["responses"].get(status.to_string()) else {
            return vec![format!("status {status} is not declared")];
        };
        let declared = self.spec.resolved(declared);
        let is_declared = |name: &str| {
            let declared = declared["headers"].as_object();
            let mut declared = declared.into_iter().flatten();
            IMPLICIT_HEADERS.contains(&name)
                || declared.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let names = headers.keys().map(HeaderName::as_str);
        let mut violations: Vec<_> = names
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

#[test]
fn undeclared_responses_are_violations() {
    let get_job = API.operation(&Method::GET, "/jobs/").unwrap();
    let list_jobs = API.operation(&Method::GET, "/jobs").unwrap();
    let reset = "/account/midjourney/1/reset";
    let reset = API.operation(&Method::POST, reset).unwrap();
    let violations = |operation, status, (name, value): (&str, &str), body| {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        API.violations(operation, status, &headers, body).join("; ")
    };
    let json = ("content-type", "application/json");
    let text = ("content-type", "text/plain");
    let retry = ("retry-after", "5");
    let seed = r#"{"seed":{"value":-1}}"#;
    for (operation, status, header, body, expected) in [
        (list_jobs, 404, json, "{}", "status 404 is not declared"),
        (get_job, 200, json, "[]", "is not of type"),
        (get_job, 200, json, seed, "\"/seed/value\": -1"),
        (get_job, 401, retry, "{}", "header retry-after is not"),
        (
            get_job,
            401,
            text,
            "{}",
            "content type \"text/plain\" is not",
        ),
        (get_job, 200, json, "{", "not JSON"),
        (reset, 200, json, "{}", "a body where none is declared"),
    ] {
        let found = violations(operation, status, header, body);
        assert!(found.contains(expected), "{found}");
    }
    let job = r#"{"jobid":"1","seed":null,"news":1,"code":"200"}"#;
    assert_eq!(violations(get_job, 200, json, job), "");
}
