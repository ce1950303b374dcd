//! The spec matches the documentation, value by value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use useapi_seed_raw::Operation;
use useapi_seed_raw::types::{ReplyRef, ReplyUrl};
use useapi_seed_tests::{Fixture, Spec};

const SUBMIT: &str = "/paths/~1jobs~1seed_async/post";
const GET: &str = "/paths/~1jobs~1/get";
const LIST: &str = "/paths/~1jobs/get";
const CANCEL: &str = "/paths/~1jobs~1cancel~1/get";
const RESET: &str = "/paths/~1account~1midjourney~1{channel}~1reset/post";
const SHARED: &str = "/components/responses";
const JSON: &str = "content/application~1json/examples";

/// The expected value of each example of the spec, by its pointer.
fn documented() -> BTreeMap<String, Value> {
    let fixture = |name: &str| Fixture::named(name).json();
    let at = |of: &str, status: &str, name: &str| format!("{of}/{status}/{JSON}/{name}");
    let submit = format!("{SUBMIT}/responses");
    let request = json!({"jobid": "<jobid>"});
    let full = json!({
        "jobid": "<jobid>", "discord": "<token>", "replyUrl": "<url>", "replyRef": "<reference>",
    });
    let cancelled = json!({"jobid": "<jobid>", "status": "cancelled", "code": 200});
    // Its text is an assumption, and the spec says so.
    let no_account = json!({"error": "Unable to locate account <channel>", "code": 404});
    let mut all = BTreeMap::from([
        (at(SUBMIT, "requestBody", "jobidOnly"), request),
        (at(SUBMIT, "requestBody", "everyField"), full),
        (
            at(&format!("{LIST}/responses"), "200", "ids"),
            json!(["<jobid>", "<jobid>"]),
        ),
        (
            at(&format!("{CANCEL}/responses"), "200", "cancelled"),
            cancelled,
        ),
        (
            at(&format!("{RESET}/responses"), "404", "notFound"),
            no_account,
        ),
    ]);
    for (status, example, name) in [
        ("200", "started", "200-started"),
        ("200", "alreadyRetrieved", "200-already-retrieved"),
        ("400", "jobidMissing", "400-jobid-missing"),
        ("400", "replyRefTooLong", "400-reply-ref-too-long"),
        ("400", "replyUrlTooLong", "400-reply-url-too-long"),
        ("400", "parentNotCompleted", "400-parent-not-completed"),
        ("400", "verbNotSupported", "400-verb-not-supported"),
        ("400", "discordMissing", "400-discord-missing"),
        ("400", "channelMissing", "400-channel-missing"),
        ("404", "parentNotFound", "404-not-found"),
    ] {
        let body = fixture(&format!("responses/{name}"));
        all.insert(at(&submit, status, example), body);
    }
    for (response, example, name) in [
        ("Unauthorized", "unauthorized", "responses/401-unauthorized"),
        (
            "PaymentRequired",
            "noSubscription",
            "responses/402-payment-required",
        ),
        (
            "AssumedPaymentRequired",
            "noSubscription",
            "responses/402-payment-required",
        ),
        ("TooManyRequests", "accountBusy", "service/429-account-busy"),
        ("PendingModMessage", "failedJob", "responses/596-failed-job"),
        (
            "PendingModMessage",
            "haltedAccount",
            "responses/596-halted-account",
        ),
    ] {
        all.insert(at(SHARED, response, example), fixture(name));
    }
    let get = format!("{GET}/responses");
    all.insert(
        at(&get, "200", "inProgress"),
        fixture("service/200-in-progress"),
    );
    for operation in [GET, CANCEL] {
        let of = format!("{operation}/responses");
        let no_id = fixture("service/400-query-without-jobid");
        let unknown = fixture("service/404-job-not-found");
        all.insert(at(&of, "400", "jobidMissing"), no_id);
        all.insert(at(&of, "404", "notFound"), unknown);
    }
    all
}

/// Adds the differences between `example` and the documentation, where `<…>` is a
/// placeholder.
fn differences(documented: &Value, example: &Value, path: &str, found: &mut Vec<String>) {
    let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
    match (documented, example) {
        (Value::Object(one), Value::Object(other)) if keys(one) == keys(other) => {
            for (key, value) in one {
                differences(value, &other[key], &format!("{path}/{key}"), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{path}/{index}"), found);
            }
        }
        (Value::String(one), Value::String(other)) if text_fits(one, other) => {}
        _ if documented == example => {}
        _ => found.push(format!("{path}: {documented} is documented, not {example}")),
    }
}

fn text_fits(documented: &str, example: &str) -> bool {
    if documented.starts_with("2023-09-09T") {
        // Only the format of a time is compared.
        let form = |text: &str| text.replace(|digit: char| digit.is_ascii_digit(), "0");
        return form(documented) == form(example);
    }
    // The documentation lacks the backslash of this line break.
    let documented = documented.replace(">n**seed**", ">\n**seed**");
    let mut parts = documented.split('<');
    let Some(mut rest) = parts.next().and_then(|start| example.strip_prefix(start)) else {
        return false;
    };
    for part in parts {
        let (_, literal) = part.split_once('>').unwrap();
        let position = match literal {
            // At the end it matches the rest.
            "" => (!rest.is_empty()).then_some(rest.len()),
            _ => rest.find(literal).filter(|position| *position > 0),
        };
        let Some(position) = position else {
            return false;
        };
        rest = &rest[position + literal.len()..];
    }
    rest.is_empty()
}

#[test]
fn placeholders_match_any_text() {
    for (documented, example) in [
        ("jobid is missing", "jobid is missing"),
        ("job <jobid>", "job 5"),
        ("<a>, <b> (fast)", "x, y (fast)"),
        ("2023-09-09T02:04:49.667Z", "2024-02-25T14:53:03.538Z"),
        ("**<p>**\n<Job ID>n**seed** <s>", "**x**\n1\n**seed** 5"),
    ] {
        assert!(text_fits(documented, example), "{documented}: {example}");
    }
    for (documented, example) in [
        ("jobid is missing", "jobid is absent"),
        ("jobid is missing", "jobid is missing."),
        ("job <jobid>", "job "),
        ("job <jobid>", "no job 5"),
        ("<a> (fast)", "x (slow)"),
        ("<a> (fast)", "x (fast)."),
        ("2023-09-09T02:04:49.667Z", "2024-02-25T14:53:03Z"),
    ] {
        assert!(!text_fits(documented, example), "{documented}: {example}");
    }
}

#[test]
fn examples_equal_the_documented_values() {
    let mut documented = documented();
    let mut found = Vec::new();
    for example in Spec::read().examples() {
        match documented.remove(&example.pointer) {
            Some(body) => differences(&body, &example.value, &example.pointer, &mut found),
            None => found.push(format!("{}: not documented", example.pointer)),
        }
    }
    found.extend(
        documented
            .keys()
            .map(|pointer| format!("{pointer}: no example")),
    );
    // Examples of parameters are not bodies.
    found.retain(|line| !line.contains("/parameters/"));
    assert!(found.is_empty(), "{found:#?}");
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

#[test]
fn each_operation_declares_its_statuses() {
    let spec = Spec::read();
    for (operation, statuses) in [
        (
            SUBMIT,
            &["200", "400", "401", "402", "404", "429", "569", "596"][..],
        ),
        (
            GET,
            &["200", "400", "401", "402", "404", "429", "569", "596"],
        ),
        (LIST, &["200", "401", "402"]),
        (CANCEL, &["200", "400", "401", "402", "404", "569", "596"]),
        (RESET, &["200", "401", "402", "404"]),
    ] {
        let responses = spec.at(&format!("{operation}/responses")).unwrap();
        let responses = responses.as_object().unwrap();
        assert!(responses.keys().eq(statuses), "{operation}: {responses:?}");
        assert_eq!(responses.get("569"), responses.get("596"));
        // The documentation does not list 402 for these two.
        let assumed = responses["402"]["$ref"] == format!("#{SHARED}/AssumedPaymentRequired");
        assert_eq!(assumed, [LIST, RESET].contains(&operation), "{operation}");
        for (status, response) in responses {
            let response = spec.resolved(response);
            let Some(media) = response.pointer("/content/application~1json") else {
                assert_eq!((operation, status.as_str()), (RESET, "200"));
                continue;
            };
            let documented = if status == "569" { "596" } else { status };
            for example in media["examples"].as_object().unwrap().values() {
                let code = spec.resolved(example).pointer("/value/code");
                if let Some(code) = code {
                    assert_eq!(code.to_string(), documented, "{operation}");
                }
            }
        }
    }
}

#[test]
fn only_callbacks_need_no_bearer_token() {
    let spec = Spec::read();
    let schemes = spec.at("/components/securitySchemes").unwrap();
    let [(name, scheme)] = &schemes.as_object().unwrap().iter().collect::<Vec<_>>()[..] else {
        panic!("{schemes}");
    };
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&json!("http"), &json!("bearer"))
    );
    assert_eq!(scheme.get("in"), None);
    assert_eq!(spec.at("/security"), Some(&json!([{ name.as_str(): [] }])));
    for operation in [SUBMIT, GET, LIST, CANCEL, RESET] {
        // None overrides the default.
        assert_eq!(spec.at(operation).unwrap().get("security"), None);
    }
    let callback = spec.at(&format!(
        "{SUBMIT}/callbacks/progress/{{$request.body#~1replyUrl}}/post"
    ));
    assert_eq!(callback.unwrap()["security"], json!([]));
}

#[test]
fn callback_posts_the_job_to_the_reply_url() {
    let spec = Spec::read();
    let callbacks = spec.at(&format!("{SUBMIT}/callbacks")).unwrap();
    let [(_, urls)] = &callbacks.as_object().unwrap().iter().collect::<Vec<_>>()[..] else {
        panic!("{callbacks}");
    };
    let [(url, methods)] = &urls.as_object().unwrap().iter().collect::<Vec<_>>()[..] else {
        panic!("{urls}");
    };
    assert_eq!(url.as_str(), "{$request.body#/replyUrl}");
    let request = spec.at("/components/schemas/SeedRequest/properties/replyUrl");
    assert!(request.is_some());
    let [(method, call)] = &methods.as_object().unwrap().iter().collect::<Vec<_>>()[..] else {
        panic!("{methods}");
    };
    assert_eq!(method.as_str(), "post");
    assert_eq!(call["tags"], json!(["callbacks"]));
    assert_eq!(call["requestBody"]["required"], json!(true));
    // The same as a poll returns.
    let job = spec.at(&format!(
        "{GET}/responses/200/content/application~1json/schema"
    ));
    let content = &call["requestBody"]["content"];
    assert_eq!(content.as_object().unwrap().len(), 1);
    assert_eq!(Some(&content["application/json"]["schema"]), job);
    let responses = call["responses"].as_object().unwrap();
    assert!(responses.keys().eq(["200"]), "{responses:?}");
}

#[test]
fn request_fields_have_the_documented_limits() {
    let spec = Spec::read();
    let request = spec.at("/components/schemas/SeedRequest").unwrap();
    assert_eq!(request["required"], json!(["jobid"]));
    assert_eq!(request["additionalProperties"], json!(false));
    let fields = request["properties"].as_object().unwrap();
    let names: BTreeSet<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        BTreeSet::from(["discord", "jobid", "replyRef", "replyUrl"])
    );
    for (field, rules) in [
        ("jobid", json!({"minLength": 1})),
        ("discord", json!({"format": "password", "writeOnly": true})),
        ("replyUrl", json!({"format": "uri", "maxLength": 1024})),
        ("replyRef", json!({"maxLength": 1024})),
    ] {
        let schema = spec.resolved(fields[field].pointer("/allOf/0").unwrap_or(&fields[field]));
        let mut schema = schema.as_object().unwrap().clone();
        schema.remove("description");
        schema.remove("x-source");
        assert_eq!(schema.remove("type"), Some(json!("string")), "{field}");
        assert_eq!(Value::Object(schema), rules, "{field}");
    }
    for operation in [GET, CANCEL] {
        let schema = spec.at(&format!("{operation}/parameters/0/schema"));
        assert_eq!(schema, Some(&json!({"type": "string", "minLength": 1})));
    }
}

#[test]
fn summary_names_the_upscaled_images() {
    let spec = Spec::read();
    let summary = spec.at(&format!("{SUBMIT}/summary")).unwrap();
    let summary = summary.as_str().unwrap();
    assert!(
        summary.contains("four separate upscaled images"),
        "{summary}"
    );
    // The documented sizes: of the grid, and of each image.
    let documented = Fixture::named("responses/200-already-retrieved").json();
    let sides = |images: &Value| {
        let images = images.as_array().unwrap();
        let sides = images
            .iter()
            .map(|image| (image["width"].clone(), image["height"].clone()));
        sides.collect::<Vec<_>>()
    };
    assert_eq!(
        sides(&documented["attachments"]),
        [(json!(2048), json!(2048))]
    );
    let of_seed = sides(&documented["seed"]["attachments"]);
    assert_eq!(of_seed, vec![(json!(1024), json!(1024)); 4]);
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
    let spec = Spec::read();
    let mut shown = BTreeSet::new();
    for fixture in Fixture::all() {
        if !fixture.name.starts_with("service/") {
            names(&fixture.json(), &mut shown);
        }
    }
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
    const SECTIONS: [&str; 6] = [
        "Introduction",
        "Request Headers",
        "Request Body",
        "Responses",
        "Model",
        "Service",
    ];
    fn check(value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(source) = map.get("x-source") {
                    for source in source.as_str().unwrap().split("; ") {
                        let section = source.split_once(", ").map_or(source, |(name, _)| name);
                        assert!(SECTIONS.contains(&section), "{source}");
                    }
                }
                if let Some(Value::String(text)) = map.get("description") {
                    let note = SECTIONS.map(|section| format!("({section}"));
                    assert!(!note.iter().any(|note| text.contains(note)), "{text}");
                }
                map.values().for_each(check);
            }
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(Spec::read().at("").unwrap());
}

fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|value| names(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[test]
fn fixtures_match_their_schemas() {
    let spec = Spec::read();
    for fixture in Fixture::all() {
        let schema = match fixture.status {
            200 => "Job",
            _ => "ErrorBody",
        };
        let mut schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        schema = spec.json_schema(&schema);
        let validator = jsonschema::draft4::new(&schema).unwrap();
        let errors = validator
            .iter_errors(&fixture.text.parse().unwrap())
            .map(|error| error.to_string())
            .collect::<Vec<_>>();
        assert!(errors.is_empty(), "{}: {errors:?}", fixture.name);
    }
}
