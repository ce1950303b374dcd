//! Runs progenitor.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use serde_json::Value;

use crate::document::Document;
use crate::error::Error;
use crate::locate_error;
use crate::open_enums::OpenEnum;

/// Schemas whose type is written by hand.
const REPLACEMENTS: [(&str, &str); 2] = [
    // A secret: its `Debug` must not print it.
    ("DiscordToken", "crate::DiscordToken"),
    // The spec says int64, because other generators truncate uint64 to 32 bits;
    // the service's numbers are unsigned.
    ("SeedValue", "u64"),
];

/// The client and types of `document`, as progenitor generates them.
pub(crate) fn generate(document: &Document, enums: &[OpenEnum]) -> Result<syn::File, Error> {
    let settings = settings(enums);
    try_generate(&document.value, &settings).map_err(|message| {
        let is_generated = |value: &Value| try_generate(value, &settings).is_ok();
        document.error(
            &locate_error::find(&document.value, &is_generated),
            &message,
        )
    })
}

fn settings(enums: &[OpenEnum]) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        // Without the hook a response loses its status, so a client without one
        // must not compile.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::CallContext));
    for (schema, replacement) in REPLACEMENTS {
        settings.with_replacement(schema, replacement, std::iter::empty());
    }
    for OpenEnum { name, .. } in enums {
        settings.with_replacement(name, format!("crate::types::{name}"), std::iter::empty());
    }
    settings
}

fn try_generate(spec: &Value, settings: &GenerationSettings) -> Result<syn::File, String> {
    let mut spec = spec.clone();
    drop_nullable(&mut spec);
    drop_min_length(&mut spec);
    let spec: OpenAPI = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let tokens = catch_panic(|| Generator::new(settings).generate_tokens(&spec))
        .map_err(|panic| format!("cannot be generated: the generator panicked: {panic}"))?
        .map_err(|error| format!("cannot be generated: {error}"))?;
    syn::parse2(tokens).map_err(|error| format!("generates invalid source: {error}"))
}

/// OpenAPI 3.0 allows `nullable` only beside a type, so named schemas have it.
/// The generator wraps each such schema in a type, which is not needed: they are
/// used in optional fields only, and an `Option` accepts null.
fn drop_nullable(spec: &mut Value) {
    let schemas = spec
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(|schemas| schemas.values_mut()) {
        let branches = match schema.get_mut("oneOf") {
            Some(Value::Array(branches)) => branches.as_mut_slice(),
            _ => std::slice::from_mut(schema),
        };
        for branch in branches.iter_mut().filter_map(Value::as_object_mut) {
            branch.remove("nullable");
        }
    }
}

/// The generator makes a type of each string with `minLength`, which rejects
/// shorter ones. The raw layer leaves that to the service.
fn drop_min_length(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("type").and_then(Value::as_str) == Some("string") {
                map.remove("minLength");
            }
            map.values_mut().for_each(drop_min_length);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_min_length),
        _ => {}
    }
}

/// The generator panics on much of what it does not support. The error is the
/// panic's message, which is not printed.
fn catch_panic<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // The hook belongs to the whole process: only one thread replaces it at a time.
    static HOOK: Mutex<()> = Mutex::new(());
    let _guard = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    panic::set_hook(hook);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        message.unwrap_or("no message").to_owned()
    })
}
