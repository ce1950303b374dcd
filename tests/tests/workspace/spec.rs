//! The spec matches the documentation, value by value.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Captures, Regex};
use serde_json::{Value, json};
use useapi_seed_raw::Operation;
use useapi_seed_raw::types::{ReplyRef, ReplyUrl};
use useapi_seed_tests::{Example, Fixture, Spec};

pub(crate) const SUBMIT: &str = "/paths/~1jobs~1seed_async/post";
pub(crate) const GET: &str = "/paths/~1jobs~1/get";
pub(crate) const LIST: &str = "/paths/~1jobs/get";
pub(crate) const CANCEL: &str = "/paths/~1jobs~1cancel~1/get";
pub(crate) const RESET: &str = "/paths/~1account~1midjourney~1{channel}~1reset/post";
/// Responses of several operations.
pub(crate) const SHARED: &str = "/components";

/// The pointer to an example of a response.
pub(crate) fn pointer(of: &str, response: &str, name: &str) -> String {
    format!("{of}/responses/{response}/content/application~1json/examples/{name}")
}

/// Response, example and fixture of each example that has a fixture.
const FIXTURES: [(&str, &str); 4] = [
    (
        SUBMIT,
        "200 started responses/200-started
         200 alreadyRetrieved responses/200-already-retrieved
         400 jobidMissing responses/400-jobid-missing
         400 replyRefTooLong responses/400-reply-ref-too-long
         400 replyUrlTooLong responses/400-reply-url-too-long
         400 parentNotCompleted responses/400-parent-not-completed
         400 verbNotSupported responses/400-verb-not-supported
         400 discordMissing responses/400-discord-missing
         400 channelMissing responses/400-channel-missing
         404 parentNotFound responses/404-not-found",
    ),
    (
        GET,
        "200 inProgress service/200-in-progress
         400 jobidMissing service/400-query-without-jobid
         404 notFound service/404-job-not-found",
    ),
    (
        CANCEL,
        "400 jobidMissing service/400-query-without-jobid
         404 notFound service/404-job-not-found",
    ),
    (
        SHARED,
        "Unauthorized unauthorized responses/401-unauthorized
         PaymentRequired noSubscription responses/402-payment-required
         AssumedPaymentRequired noSubscription responses/402-payment-required
         TooManyRequests accountBusy service/429-account-busy
         PendingModMessage failedJob responses/596-failed-job
         PendingModMessage haltedAccount responses/596-halted-account",
    ),
];

/// The expected value of each example of the spec, by its pointer.
fn documented() -> BTreeMap<String, Value> {
    let request = |name| format!("{SUBMIT}/requestBody/content/application~1json/examples/{name}");
    let every_field = json!({
        "jobid": "<jobid>", "discord": "<token>", "replyUrl": "<url>", "replyRef": "<reference>",
    });
    let mut documented = BTreeMap::from([
        (request("jobidOnly"), json!({"jobid": "<jobid>"})),
        (request("everyField"), every_field),
        (pointer(LIST, "200", "ids"), json!(["<jobid>", "<jobid>"])),
        (
            pointer(CANCEL, "200", "cancelled"),
            json!({"jobid": "<jobid>", "status": "cancelled", "code": 200}),
        ),
        // Its text is an assumption, and the spec says so.
        (
            pointer(RESET, "404", "notFound"),
            json!({"error": "Unable to locate account <channel>", "code": 404}),
        ),
    ]);
    for (of, lines) in FIXTURES {
        for line in lines.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [response, name, fixture] = words[..] else {
                panic!("{line}");
            };
            let body = Fixture::named(fixture).json();
            documented.insert(pointer(of, response, name), body);
        }
    }
    documented
}

fn text(mut value: Value) -> String {
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap()
}

/// Matches the documented value with any text for each `<…>`.
fn pattern(documented: Value) -> Regex {
    // The documentation lacks the backslash of this line break.
    let text = regex::escape(&text(documented).replace(">n**seed**", r">\n**seed**"));
    let placeholder = Regex::new("<[^<>]*>").unwrap();
    let text = placeholder.replace_all(&text, ".+");
    // Only the format of a time is compared.
    let time = Regex::new(r"2023\\-09\\-09T[^\x22]*").unwrap();
    let text = time.replace_all(&text, |found: &Captures<'_>| {
        found[0].replace(|digit: char| digit.is_ascii_digit(), r"\d")
    });
    Regex::new(&format!("^{text}$")).unwrap()
}

#[test]
fn examples_equal_the_documented_values() {
    let mut documented = documented();
    for Example { pointer, value, .. } in Spec::read().examples() {
        // Examples of parameters are not bodies.
        if !pointer.contains("/parameters/") {
            let expected = pattern(documented.remove(&pointer).expect(&pointer));
            let text = text(value);
            assert!(expected.is_match(&text), "{pointer}: {expected}\n{text}");
        }
    }
    assert!(documented.is_empty(), "no examples: {documented:?}");
}

#[test]
fn each_operation_declares_its_statuses() {
    let spec = Spec::read();
    for (operation, statuses) in [
        (SUBMIT, "200 400 401 402 404 429 569 596"),
        (GET, "200 400 401 402 404 429 569 596"),
        (LIST, "200 401 402"),
        (CANCEL, "200 400 401 402 404 569 596"),
        (RESET, "200 401 402 404"),
    ] {
        let responses = spec.at(&format!("{operation}/responses")).unwrap();
        let responses = responses.as_object().unwrap();
        let declared: Vec<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(declared.join(" "), statuses, "{operation}");
        assert_eq!(responses.get("569"), responses.get("596"));
        // The documentation does not list 402 for these two.
        let reference = responses["402"]["$ref"].as_str().unwrap();
        let assumed = reference.ends_with("/AssumedPaymentRequired");
        assert_eq!(assumed, [LIST, RESET].contains(&operation), "{operation}");
        for (status, response) in responses {
            let examples = spec.resolved(response);
            let examples = examples.pointer("/content/application~1json/examples");
            let Some(Value::Object(examples)) = examples else {
                assert_eq!((operation, status.as_str()), (RESET, "200"));
                continue;
            };
            let documented = if status == "569" { "596" } else { status };
            for example in examples.values() {
                if let Some(code) = spec.resolved(example).pointer("/value/code") {
                    assert_eq!(code.to_string(), documented, "{operation}");
                }
            }
        }
    }
}

/// Calls `check` with each object in a value.
fn for_each_object(value: &mut Value, check: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            check(map);
            for value in map.values_mut() {
                for_each_object(value, check);
            }
        }
        Value::Array(items) => {
            for item in items {
                for_each_object(item, check);
            }
        }
        _ => {}
    }
}

/// A part of the spec without its prose.
fn structure(pointer: &str) -> Value {
    let mut value = Spec::read().at(pointer).unwrap().clone();
    for_each_object(&mut value, &mut |map| {
        map.retain(|key, _| !["description", "summary", "x-source"].contains(&key.as_str()));
    });
    value
}

#[test]
fn only_callbacks_need_no_bearer_token() {
    let bearer = json!({"apiToken": {"type": "http", "scheme": "bearer"}});
    assert_eq!(structure("/components/securitySchemes"), bearer);
    assert_eq!(structure("/security"), json!([{"apiToken": []}]));
    for operation in [SUBMIT, GET, LIST, CANCEL, RESET] {
        // None overrides the default; for the callback see below.
        assert_eq!(structure(operation).get("security"), None);
    }
}

#[test]
fn callback_posts_the_job_to_the_reply_url() {
    // The same as a poll returns.
    let job = structure(&format!(
        "{GET}/responses/200/content/application~1json/schema"
    ));
    let post = json!({
        "operationId": "receiveCallback",
        "tags": ["callbacks"],
        "security": [],
        "requestBody": {"required": true, "content": {"application/json": {"schema": job}}},
        "responses": {"200": {}},
    });
    let expected = json!({"progress": {"{$request.body#/replyUrl}": {"post": post}}});
    assert_eq!(structure(&format!("{SUBMIT}/callbacks")), expected);
}

#[test]
fn request_fields_have_the_documented_limits() {
    let schema = |name| json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]});
    let expected = json!({
        "type": "object",
        "required": ["jobid"],
        "additionalProperties": false,
        "properties": {
            "jobid": {"type": "string", "minLength": 1},
            "discord": schema("DiscordToken"),
            "replyUrl": schema("ReplyUrl"),
            "replyRef": schema("ReplyRef"),
        },
    });
    assert_eq!(structure("/components/schemas/SeedRequest"), expected);
    for (name, expected) in [
        (
            "DiscordToken",
            json!({"type": "string", "format": "password", "writeOnly": true}),
        ),
        (
            "ReplyUrl",
            json!({"type": "string", "format": "uri", "maxLength": 1024}),
        ),
        ("ReplyRef", json!({"type": "string", "maxLength": 1024})),
    ] {
        assert_eq!(structure(&format!("/components/schemas/{name}")), expected);
    }
    for operation in [GET, CANCEL] {
        let schema = structure(&format!("{operation}/parameters/0/schema"));
        assert_eq!(schema, json!({"type": "string", "minLength": 1}));
    }
}

#[test]
fn summary_names_the_upscaled_images() {
    let spec = Spec::read();
    let summary = spec.at(&format!("{SUBMIT}/summary")).unwrap();
    assert!(
        summary
            .to_string()
            .contains("four separate upscaled images")
    );
    // The documented sizes: of the grid, and of each image.
    let documented = Fixture::named("responses/200-already-retrieved").json();
    for (images, count, side) in [("/attachments", 1, 2048), ("/seed/attachments", 4, 1024)] {
        let images = documented.pointer(images).unwrap().as_array().unwrap();
        assert_eq!(images.len(), count);
        for image in images {
            assert_eq!(
                (&image["width"], &image["height"]),
                (&json!(side), &json!(side))
            );
        }
    }
}

#[test]
fn documentation_edition_is_named() {
    let spec = Spec::read();
    let text = spec.at("/externalDocs/description").unwrap();
    let text = text.as_str().unwrap().replace('\n', " ");
    assert!(text.contains("October 7, 2024"), "{text}");
    let table = include_str!("../../../openapi/README.md");
    assert!(table.contains("edition is of October 7, 2024"));
}

/// Fields that the documentation does not show come from the service's other pages
/// and name them as their source.
#[test]
fn undocumented_fields_have_a_source() {
    let mut shown = BTreeSet::new();
    for fixture in Fixture::all() {
        if !fixture.is_poll() {
            for_each_object(&mut fixture.json(), &mut |map| {
                shown.extend(map.keys().cloned());
            });
        }
    }
    let spec = Spec::read();
    for schema in ["Job", "Seed", "Attachment", "ErrorBody", "ChildJob"] {
        let fields = spec.at(&format!("/components/schemas/{schema}/properties"));
        for (name, field) in fields.unwrap().as_object().unwrap() {
            let is_known = shown.contains(name) && schema != "ChildJob";
            let source = field["x-source"].as_str();
            let is_marked = source.is_some_and(|source| source.contains("Service"));
            assert!(is_known || is_marked, "{schema}.{name}");
        }
    }
}

/// Sources are sections of the documentation, or `Service`; they do not stand in the
/// published text.
#[test]
fn sources_are_sections_of_the_documentation() {
    const SECTIONS: &str = "Introduction|Request Headers|Request Body|Responses|Model|Service";
    let source = format!("(?:{SECTIONS})(?:, [^;]+)?");
    let sources = Regex::new(&format!("^{source}(?:; {source})*$")).unwrap();
    let note = Regex::new(&format!(r"\((?:{SECTIONS})")).unwrap();
    let mut spec = Spec::read().at("").unwrap().clone();
    for_each_object(&mut spec, &mut |map| {
        if let Some(source) = map.get("x-source") {
            let source = source.as_str().unwrap();
            assert!(sources.is_match(source), "{source}");
        }
        if let Some(Value::String(text)) = map.get("description") {
            assert!(!note.is_match(text), "{text}");
        }
    });
}

#[test]
fn generated_facts_match_the_spec() {
    let spec = Spec::read();
    for (operation, pointer) in [
        (Operation::RetrieveSeed, SUBMIT),
        (Operation::GetJob, GET),
        (Operation::ListJobs, LIST),
        (Operation::CancelJob, CANCEL),
        (Operation::ResetAccount, RESET),
    ] {
        let id = spec.at(&format!("{pointer}/operationId"));
        assert_eq!(id, Some(&json!(operation.id())));
        let path = operation.path().replace('/', "~1");
        let method = operation.method().to_ascii_lowercase();
        assert_eq!(format!("/paths/{path}/{method}"), pointer);
    }
    for (schema, limit) in [
        ("ReplyRef", ReplyRef::MAX_LENGTH),
        ("ReplyUrl", ReplyUrl::MAX_LENGTH),
    ] {
        let max_length = spec.at(&format!("/components/schemas/{schema}/maxLength"));
        assert_eq!(max_length, Some(&json!(limit)));
    }
}
