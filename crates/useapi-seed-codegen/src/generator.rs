//! Runs the generator.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use serde_json::Value;

use crate::document::Document;
use crate::error::Error;
use crate::locate_error;
use crate::open_enums::OpenEnum;
use crate::validate;

/// Schemas whose type is written by hand.
const REPLACEMENTS: [(&str, &str); 2] = [
    // A secret: its `Debug` must not print it.
    ("DiscordToken", "crate::DiscordToken"),
    // The description says int64, because other generators cut uint64 to 32
    // bits; what the service sends has no sign.
    ("SeedValue", "u64"),
];

/// The client and types of `document`, as progenitor writes them.
pub(crate) fn generate(document: &Document, words: &[OpenEnum]) -> Result<syn::File, Error> {
    validate::check(document)?;
    let settings = settings(words);
    try_generate(&document.value, &settings).map_err(|message| {
        let is_generated = |value: &Value| try_generate(value, &settings).is_ok();
        document.error(
            &locate_error::find(&document.value, &is_generated),
            &message,
        )
    })
}

fn settings(words: &[OpenEnum]) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        // Without the hook an answer loses its status, so a client that has
        // none must not compile.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote::quote!(crate::CallContext));
    for (schema, replacement) in REPLACEMENTS {
        settings.with_replacement(schema, replacement, std::iter::empty());
    }
    for OpenEnum { name, .. } in words {
        let replacement = format!("crate::types::{name}");
        settings.with_replacement(name, replacement, std::iter::empty());
    }
    settings
}

fn try_generate(value: &Value, settings: &GenerationSettings) -> Result<syn::File, String> {
    let mut value = value.clone();
    drop_nullable(&mut value);
    drop_min_length(&mut value);
    let spec: OpenAPI = serde_json::from_value(value).map_err(|fault| fault.to_string())?;
    let tokens = catch_panic(|| Generator::new(settings).generate_tokens(&spec))?;
    syn::parse2(tokens).map_err(|fault| format!("makes source that does not parse: {fault}"))
}

/// OpenAPI 3.0 wants `nullable` beside a type, so named schemas have it. The
/// generator makes a wrapper of each such schema; it need not, because they are
/// used in optional fields only, and an `Option` takes null.
fn drop_nullable(value: &mut Value) {
    let schemas = value
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

/// Of a string with `minLength` the generator makes a type that rejects shorter
/// ones. What to send is the caller's choice, and rejecting it the service's.
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

/// The generator reports much of what it does not support by a panic.
fn catch_panic(
    generate: impl FnOnce() -> Result<TokenStream, progenitor::Error>,
) -> Result<TokenStream, String> {
    // The hook is the whole process's: one at a time, so that each finds and
    // leaves the right one.
    static HOOK: Mutex<()> = Mutex::new(());
    let guard = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(generate));
    panic::set_hook(hook);
    drop(guard);
    match outcome {
        Ok(Ok(tokens)) => Ok(tokens),
        Ok(Err(fault)) => Err(format!("cannot be generated: {fault}")),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(format!(
                "cannot be generated: the generator stopped with `{message}`"
            ))
        }
    }
}
