//! Open enumerations: the known values, and a variant for unknown ones.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::document::{Document, child};
use crate::error::Error;

/// A string schema with `x-extensible-enum`.
pub(crate) struct OpenEnum {
    pub(crate) name: String,
    description: String,
    variants: Vec<Ident>,
    values: Vec<String>,
}

/// All such schemas of the spec.
pub(crate) fn collect(document: &Document) -> Result<Vec<OpenEnum>, Error> {
    let mut enums = Vec::new();
    for (pointer, name, schema) in document.members("/components/schemas") {
        let Some(listed) = schema.get("x-extensible-enum") else {
            continue;
        };
        let description = schema.get("description").and_then(Value::as_str);
        let parsed = serde_json::from_value::<Vec<String>>(listed.clone()).ok();
        let open_enum = parsed.and_then(|values| {
            Some(OpenEnum {
                name: name.to_owned(),
                description: description.unwrap_or_default().to_owned(),
                variants: variants(&values)?,
                values,
            })
        });
        enums.push(open_enum.ok_or_else(|| {
            let message =
                "must be a list of different values in lower_snake_case, without `unknown`";
            document.error(&child(&pointer, "x-extensible-enum"), message)
        })?);
    }
    Ok(enums)
}

/// A variant for each value; none unless they make an enumeration together with
/// the variant `Unknown`.
fn variants(values: &[String]) -> Option<Vec<Ident>> {
    let mut variants = vec![Ident::new("Unknown", Span::call_site())];
    for value in values {
        let variant = pascal_case(value).filter(|variant| !variants.contains(variant))?;
        variants.push(variant);
    }
    let known = variants.split_off(1);
    (!known.is_empty()).then_some(known)
}

/// A name in `snake_case` or `camelCase` as an identifier in `PascalCase`; none
/// when it cannot be one.
pub(crate) fn pascal_case(name: &str) -> Option<Ident> {
    syn::parse_str(&name.to_upper_camel_case()).ok()
}

impl OpenEnum {
    /// The enumeration with its conversions.
    pub(crate) fn to_items(&self) -> TokenStream {
        let name = Ident::new(&self.name, Span::call_site());
        let Self {
            description,
            variants,
            values,
            ..
        } = self;
        let docs = values.iter().map(|value| format!("`{value}`."));
        quote! {
            #[doc = #description]
            #[derive(Clone, Debug, PartialEq, Eq, Hash, ::serde::Deserialize, ::serde::Serialize)]
            #[serde(from = "String", into = "String")]
            #[non_exhaustive]
            pub enum #name {
                #(#[doc = #docs] #variants,)*
                /// A value that the spec does not list, verbatim.
                Unknown(String),
            }

            impl #name {
                /// The value on the wire.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #values,)*
                        Self::Unknown(value) => value,
                    }
                }
            }

            impl From<String> for #name {
                fn from(value: String) -> Self {
                    match value.as_str() {
                        #(#values => Self::#variants,)*
                        _ => Self::Unknown(value),
                    }
                }
            }

            impl From<&str> for #name {
                fn from(value: &str) -> Self {
                    Self::from(value.to_owned())
                }
            }

            impl From<#name> for String {
                fn from(value: #name) -> Self {
                    value.as_str().to_owned()
                }
            }

            impl ::std::fmt::Display for #name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.write_str(self.as_str())
                }
            }
        }
    }
}
