//! An invalid spec is reported with its location, never by a panic.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use useapi_seed_codegen::{Error, generate_from_str};

const SPEC: &str = include_str!("../../../openapi/seed_async.yaml");

/// Replaces the only occurrence of `from` in the spec, and checks that the error
/// names its line.
fn broken(from: &str, to: &str) -> Error {
    assert_eq!(SPEC.matches(from).count(), 1, "{from} is not unique");
    let error = generate_from_str("spec.yaml", &SPEC.replace(from, to)).unwrap_err();
    let start = SPEC.find(from).unwrap();
    // Both begin with the same lines.
    let kept = from
        .lines()
        .zip(to.lines())
        .take_while(|(old, new)| old == new)
        .count();
    let line = SPEC[..start].matches('\n').count() + 1 + kept;
    assert_eq!(error.location().line, line, "{error}");
    error
}

#[test]
fn spec_is_generated() {
    let source = generate_from_str("spec.yaml", SPEC).unwrap();
    for expected in [
        "pub struct Job {",
        "pub enum JobStatus {",
        "pub async fn retrieve_seed",
        "impl crate::Client {",
    ] {
        assert!(source.contains(expected), "{expected}");
    }
    assert_eq!(source, generate_from_str("spec.yaml", SPEC).unwrap());
}

#[test]
fn invalid_part_of_the_spec_is_located() {
    let id = "      operationId: getJob\n";
    let reply_ref = "    ReplyRef:\n      type: string\n      maxLength: 1024\n";
    let server = "  - url: https://api.useapi.net/v2\n";
    let title = "  title: useapi.net Midjourney seed endpoint\n";
    let reference = "            - $ref: \"#/components/schemas/SeedValue\"\n";
    let dangling = "            - $ref: \"#/components/schemas/SeedNumber\"\n";
    for (from, to, pointer, message) in [
        (title, "  title: ]\n", "", "YAML"),
        (
            id,
            "      operationId: getJob\n      operationId: getJob\n",
            "",
            "duplicated key",
        ),
        (
            reference,
            dangling,
            "/components/schemas/Seed/properties/value/allOf/0/$ref",
            "refers to `#/components/schemas/SeedNumber`, which is not in this document",
        ),
        (
            reply_ref,
            "    ReplyRef:\n      type: string\n      maxLength: many\n",
            "/components/schemas/ReplyRef/maxLength",
            "",
        ),
        // A schema that others refer to.
        (
            reply_ref,
            "    ReplyRef:\n      type: string\n      not: {type: string}\n",
            "/components/schemas/ReplyRef",
            "",
        ),
        (
            id,
            "      operationId: 5\n",
            "/paths/~1jobs~1/get/operationId",
            "",
        ),
        (id, "      operationId: cancelJob\n", "", "cancel"),
        (server, "  - url: 2\n", "/servers/0/url", ""),
    ] {
        let error = broken(from, to);
        let found = &error.location().pointer;
        assert!(found.starts_with(pointer), "{error}: {found}");
        assert!(error.to_string().contains(message), "{error}");
        let location = format!("spec.yaml:{}:", error.location().line);
        assert!(error.to_string().starts_with(&location), "{error}");
    }
}

#[test]
fn missing_field_is_located() {
    let document = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: a\n";
    let error = generate_from_str("spec.yaml", document).unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec.yaml:6:7: /paths/~1a/get: missing field `responses`"
    );

    // Another error does not hide it.
    let twice = document.replace("info: {title: t, version: '1'}\n", "");
    let error = generate_from_str("spec.yaml", &twice).unwrap_err();
    assert_eq!(error.location().pointer, "/paths/~1a/get");
}

#[test]
fn unsupported_schema_is_located() {
    // Two types of success: the generator panics.
    let paths = "paths:\n  /a:\n    get:\n      operationId: a\n      responses:\n";
    let response = |status: &str, schema: &str| {
        format!(
            "        '{status}': {{description: d, content: {{application/json: {{schema: \
             {{type: {schema}}}}}}}}}\n"
        )
    };
    let document = [
        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n",
        paths,
        &response("200", "string"),
        &response("201", "boolean"),
    ]
    .concat();
    let error = generate_from_str("spec.yaml", &document).unwrap_err();
    let location = error.location();
    assert_eq!(
        (location.line, location.pointer.as_str()),
        (8, "/paths/~1a/get/responses/200")
    );
    assert!(error.to_string().contains("cannot be generated"), "{error}");
}

#[test]
fn invalid_enum_values_are_rejected() {
    for values in [
        "[seed_async, 5, button, blend]",
        "[seed_async, 5th, button, blend]",
        "[seed_async, button, button]",
        "[seed_async, unknown]",
        "[]",
        "blend",
    ] {
        let error = broken(
            "      x-extensible-enum: [seed_async, imagine, button, blend]\n",
            &format!("      x-extensible-enum: {values}\n"),
        );
        assert!(error.to_string().contains("lower_snake_case"), "{error}");
    }
}

#[test]
fn undescribed_property_is_rejected() {
    let from = "          description: Width in pixels";
    assert_eq!(SPEC.matches(from).count(), 1);
    let to = from.replace("description", "descrption");
    let error = generate_from_str("spec.yaml", &SPEC.replace(from, &to)).unwrap_err();
    assert_eq!(
        error.location().pointer,
        "/components/schemas/Attachment/properties/width"
    );
    assert!(error.to_string().ends_with("has no description"), "{error}");
}

#[test]
fn other_documents_are_rejected() {
    for (text, message) in [
        ("", "exactly one YAML document"),
        ("title: a recipe\n", "no field `openapi`"),
        ("openapi: 3.1.0\n", "version 3.0.x"),
        ("openapi: 3.0.3\n", "missing field"),
        ("- openapi\n", "no field `openapi`"),
        ("openapi: 3.0.3\n? [a]\n: b\n", "key that is not a string"),
        (
            "openapi: 3.0.3\nx: .nan\n",
            "number that JSON does not support",
        ),
    ] {
        let error = generate_from_str("spec.yaml", text).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(error.to_string().starts_with("spec.yaml:"), "{error}");
    }
    let error = useapi_seed_codegen::generate(std::path::Path::new("no/such.yaml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no/such.yaml: cannot be read"),
        "{error}"
    );
}
