//! `Operation`: the operations of the spec, with id, method and path.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::document::{Document, child};
use crate::error::Error;
use crate::open_enums;

/// The enumeration of all operations of the spec.
pub(crate) fn generate(document: &Document) -> Result<TokenStream, Error> {
    let (mut variants, mut docs) = (Vec::<Ident>::new(), Vec::new());
    let (mut ids, mut methods, mut paths) = (Vec::new(), Vec::new(), Vec::new());
    for operation in document.operations() {
        let pointer = child(&operation.pointer, "operationId");
        let id = document.string(&pointer)?;
        let variant = open_enums::pascal_case(id)
            .filter(|variant| !variants.contains(variant))
            .ok_or_else(|| document.error(&pointer, "must be a unique name in camelCase"))?;
        let summary = operation.value.get("summary").and_then(Value::as_str);
        let method = operation.method.to_ascii_uppercase();
        let path = operation.path;
        docs.push(format!("{}: `{method} {path}`.", summary.unwrap_or(id)));
        variants.push(variant);
        ids.push(id);
        methods.push(method);
        paths.push(path);
    }
    Ok(quote! {
        /// An operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            #(#[doc = #docs] #variants,)*
        }

        impl Operation {
            /// The `operationId` of the spec, such as `getJob`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    #(Self::#variants => #ids,)*
                }
            }

            /// The HTTP method, such as `GET`.
            #[must_use]
            pub fn method(self) -> &'static str {
                match self {
                    #(Self::#variants => #methods,)*
                }
            }

            /// The path template of the spec, below the base URL; parameters are
            /// names in braces.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self {
                    #(Self::#variants => #paths,)*
                }
            }
        }
    })
}
