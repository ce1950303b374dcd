//! Turns the OpenAPI description of the seed endpoint into the Rust source of
//! `useapi-seed-raw`.
//!
//! Two callers exist: the build script of `useapi-seed-raw`, and
//! `cargo xtask codegen`, which writes the same source into the repository. The
//! source names types of `useapi-seed-raw` (`crate::CallContext`, `crate::Response`, …)
//! and is of no use elsewhere.
//!
//! [progenitor] writes the client and the types. Around it stand four steps:
//!
//! 1. `document` reads the YAML and remembers where each value
//!    stands, so that every complaint names a line.
//! 2. `pieces` checks that it is an OpenAPI description, and `client` runs the
//!    generator; `culprit` finds the value that either stumbles over.
//! 3. `words` writes an open enumeration for each string schema
//!    with `x-extensible-enum`.
//! 4. `types`, `requests` and `operations` finish the source: constructors and
//!    documentation for types, addresses that are not read anew for each call,
//!    and for each operation a method that keeps status, headers and body.
//!
//! ```
//! let text = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: 7\n";
//! let error = useapi_seed_codegen::generate_from_str("broken.yaml", text).unwrap_err();
//! assert_eq!(error.location().line, 3);
//! assert!(error.to_string().starts_with("broken.yaml:3:8: /paths: "));
//! ```
//!
//! [progenitor]: https://docs.rs/progenitor

mod client_methods;
mod document;
mod error;
mod generator;
mod locate_error;
mod open_enums;
mod operation_enum;
mod requests;
mod types;
mod validate;

use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;

pub use error::{Error, Location};

/// First lines of the generated source.
const HEADER: &str = "\
// Generated from openapi/seed_async.yaml by `cargo xtask codegen`.
// Do not edit: change the description or the generator, and run it again.

";

/// Generates the source from the description in `file`.
///
/// # Errors
///
/// When the file cannot be read, is no YAML, is no OpenAPI 3.0 description, or
/// describes something the generator does not support. The error names the
/// place in the file.
pub fn generate(file: &Path) -> Result<String, Error> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| Error::unreadable(&name, &source))?;
    generate_from_str(&name, &text)
}

/// Generates the source from the description in `text`; `name` stands for the
/// file in errors.
///
/// # Errors
///
/// As [`generate`], but for reading.
pub fn generate_from_str(name: &str, text: &str) -> Result<String, Error> {
    let document = document::Document::parse(name, text)?;
    let words = open_enums::collect(&document)?;
    let mut file = generator::generate(&document, &words)?;
    types::finish(&mut file, &words);
    let unsupported = |method: String, what: &str| {
        let message = format!("the operation `{method}` {what} in a form that is not supported");
        document.error("/paths", &message)
    };
    requests::finish(&mut file).map_err(|method| unsupported(method, "asks"))?;
    let operations =
        client_methods::generate(&file).map_err(|method| unsupported(method, "answers"))?;
    let operation_enum = operation_enum::generate(&document)?;
    let base_url = document.text("/servers/0/url")?;

    let mut tokens = TokenStream::new();
    file.to_tokens(&mut tokens);
    tokens.extend(operations);
    tokens.extend(operation_enum);
    tokens.extend(quote::quote! {
        /// Where the service is: the first server of the description.
        pub const DEFAULT_BASE_URL: &str = #base_url;
    });
    let file = syn::parse2(tokens).map_err(|fault| document.error("", &fault.to_string()))?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}
