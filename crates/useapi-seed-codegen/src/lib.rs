//! Generates the Rust source of `useapi-seed-raw` from the OpenAPI document of
//! the seed endpoint (the *spec*).
//!
//! The crate has two callers: the build script of `useapi-seed-raw`, and
//! `cargo xtask codegen`, which writes the same source into the repository. The
//! source refers to types of `useapi-seed-raw` (`crate::CallContext`,
//! `crate::Response`, …), so it compiles in that crate only.
//!
//! # Steps
//!
//! [progenitor] writes the client and the types. The modules around it:
//!
//! 1. `document` parses the YAML and records the location of each value.
//! 2. `validate` checks each part of the spec, `generator` runs progenitor, and
//!    `locate_error` finds the value that makes either of them fail.
//! 3. `open_enums` generates an open enumeration for each string schema with
//!    `x-extensible-enum`.
//! 4. `types` adds documentation, constructors and limits to the generated types;
//!    `client_methods` generates methods that keep status, headers and body;
//!    `operation_enum` generates ids, methods and paths of the operations.
//!
//! # Errors
//!
//! An invalid spec is reported with file, line and column, never by a panic:
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
mod types;
mod validate;

use std::path::Path;

use quote::{ToTokens, quote};

pub use error::{Error, Location};

use document::Document;

/// First lines of the generated source.
const HEADER: &str = "\
// Generated from openapi/seed_async.yaml by `cargo xtask codegen`.
// Do not edit: change the spec or the generator, and run it again.

";

/// Generates the source from the spec in `file`.
///
/// # Errors
///
/// When the file cannot be read, is not valid YAML or not an OpenAPI 3.0
/// document, or uses something that the generator does not support. The error
/// has the location in the file.
pub fn generate(file: &Path) -> Result<String, Error> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| Error::unreadable(&name, &source))?;
    generate_from_str(&name, &text)
}

/// Generates the source from the spec in `text`; errors use `name` as the file
/// name.
///
/// # Errors
///
/// As [`generate`], except for reading the file.
pub fn generate_from_str(name: &str, text: &str) -> Result<String, Error> {
    let document = Document::parse(name, text)?;
    validate::check(&document)?;
    let enums = open_enums::collect(&document)?;
    let mut file = generator::generate(&document, &enums)?;
    types::finish(&mut file, &document, &enums);
    let client_methods = client_methods::generate(&file);
    let operation_enum = operation_enum::generate(&document)?;
    let base_url = document.string("/servers/0/url")?;

    let mut tokens = file.into_token_stream();
    tokens.extend(client_methods);
    tokens.extend(operation_enum);
    tokens.extend(quote! {
        /// Base URL of the service: the first server of the spec.
        pub const DEFAULT_BASE_URL: &str = #base_url;
    });
    let file = syn::parse2(tokens).map_err(|error| document.error("", &error.to_string()))?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}
