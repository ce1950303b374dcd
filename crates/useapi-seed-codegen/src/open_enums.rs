//! Open enumerations: the words that are known, and room for the others.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::document::{Document, child};
use crate::error::Error;

/// A string schema with `x-extensible-enum`.
pub(crate) struct OpenEnum {
    pub(crate) name: String,
    description: String,
    /// Each word with its variant.
    variants: Vec<(Ident, String)>,
}

/// All such schemas of the document.
pub(crate) fn collect(document: &Document) -> Result<Vec<OpenEnum>, Error> {
    let Some(Value::Object(schemas)) = document.value.pointer("/components/schemas") else {
        return Ok(Vec::new());
    };
    let mut collected = Vec::new();
    for (name, schema) in schemas {
        let Some(listed) = schema.get("x-extensible-enum") else {
            continue;
        };
        let pointer = child(&child("/components/schemas", name), "x-extensible-enum");
        let words = listed
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(|word| word.as_str().and_then(variant))
            .collect::<Option<Vec<_>>>()
            .filter(|words| !words.is_empty() && names_are_unique(words))
            .ok_or_else(|| {
                let message = "has to be a list of different words in lower_snake_case, without \
                               `unknown`";
                document.error(&pointer, message)
            })?;
        collected.push(OpenEnum {
            name: name.clone(),
            description: schema
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            variants: words,
        });
    }
    Ok(collected)
}

/// Whether the words make an enumeration, beside the variant for other words.
fn names_are_unique(words: &[(Ident, String)]) -> bool {
    let mut names: Vec<_> = words.iter().map(|(name, _)| name.to_string()).collect();
    names.push("Unknown".to_owned());
    names.sort_unstable();
    names.windows(2).all(|pair| pair.first() != pair.last())
}

/// `seed_async` as the variant `SeedAsync`.
fn variant(word: &str) -> Option<(Ident, String)> {
    Some((pascal_case(word)?, word.to_owned()))
}

/// A name in `snake_case` or `camelCase` as an identifier in `PascalCase`;
/// none when it is not an identifier.
pub(crate) fn pascal_case(name: &str) -> Option<Ident> {
    let name: String = name
        .split('_')
        .flat_map(|part| {
            let mut characters = part.chars();
            characters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(characters)
        })
        .collect();
    syn::parse_str(&name).ok()
}

impl OpenEnum {
    /// The enumeration with its conversions.
    pub(crate) fn to_items(&self) -> TokenStream {
        let name = Ident::new(&self.name, Span::call_site());
        let description = self.description.trim_end();
        let variants: Vec<_> = self.variants.iter().map(|(variant, _)| variant).collect();
        let words: Vec<_> = self.variants.iter().map(|(_, word)| word).collect();
        let docs = self.variants.iter().map(|(_, word)| format!("`{word}`."));
        quote! {
            #[doc = #description]
            #[derive(Clone, Debug, PartialEq, Eq, Hash, ::serde::Deserialize, ::serde::Serialize)]
            #[serde(from = "String", into = "String")]
            #[non_exhaustive]
            pub enum #name {
                #(#[doc = #docs] #variants,)*
                /// A word that the description does not list, as it came.
                Unknown(String),
            }

            impl #name {
                /// The word as it stands on the wire.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #words,)*
                        Self::Unknown(word) => word,
                    }
                }
            }

            impl From<String> for #name {
                fn from(word: String) -> Self {
                    match word.as_str() {
                        #(#words => Self::#variants,)*
                        _ => Self::Unknown(word),
                    }
                }
            }

            impl From<&str> for #name {
                fn from(word: &str) -> Self {
                    Self::from(word.to_owned())
                }
            }

            impl From<#name> for String {
                fn from(word: #name) -> Self {
                    word.as_str().to_owned()
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
