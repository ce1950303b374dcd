//! Completes the generated types.

use proc_macro2::{Ident, Span};
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Fields, Item, ItemEnum, ItemMod, ItemStruct, Type, parse_quote};

use crate::document::Document;
use crate::open_enums::OpenEnum;

/// Adds what the generator leaves out: documentation of the catch-all field,
/// `#[non_exhaustive]`, constructors, limits and the open enumerations.
pub(crate) fn finish(file: &mut syn::File, document: &Document, enums: &[OpenEnum]) {
    let mut items: Vec<Item> = enums
        .iter()
        .map(|open_enum| Item::Verbatim(open_enum.to_items()))
        .collect();
    items.extend(
        document
            .members("/components/schemas")
            .filter_map(max_length),
    );
    Finish { document, items }.visit_file_mut(file);
}

/// The limit of a string type as a constant.
fn max_length((_, name, schema): (String, &str, &Value)) -> Option<Item> {
    let limit = usize::try_from(schema.get("maxLength")?.as_u64()?).ok()?;
    let name = Ident::new(name, Span::call_site());
    Some(parse_quote! {
        impl #name {
            /// Maximum length in characters (Unicode scalar values).
            pub const MAX_LENGTH: usize = #limit;
        }
    })
}

struct Finish<'a> {
    document: &'a Document,
    /// To add to the module of the types.
    items: Vec<Item>,
}

impl VisitMut for Finish<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        visit_mut::visit_item_mod_mut(self, module);
        if let Some((_, items)) = &mut module.content
            && module.ident == "types"
        {
            let constructors: Vec<Item> = items.iter_mut().filter_map(finish_struct).collect();
            items.extend(constructors);
            items.append(&mut self.items);
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        visit_mut::visit_item_enum_mut(self, item);
        item.attrs.push(parse_quote!(#[non_exhaustive]));
        for (variant, index) in item.variants.iter_mut().zip(0..) {
            let pointer = format!("/components/schemas/{}/oneOf/{index}", item.ident);
            let description = self.document.string(&format!("{pointer}/description"));
            describe(&mut variant.attrs, description.unwrap_or_default());
        }
    }

    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        visit_mut::visit_field_mut(self, field);
        if field.ident.as_ref().is_some_and(|name| name == "extra") {
            describe(&mut field.attrs, "Unknown fields, preserved.");
        }
    }
}

/// Adds documentation where there is none.
fn describe(attributes: &mut Vec<Attribute>, text: &str) {
    if !attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
    {
        attributes.insert(0, parse_quote!(#[doc = #text]));
    }
}

fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "Option")
}

/// Allows new fields, and adds a constructor instead of struct literals: one with
/// the required fields, or `Default` where there are none.
fn finish_struct(item: &mut Item) -> Option<Item> {
    let Item::Struct(ItemStruct {
        attrs,
        ident,
        fields: Fields::Named(fields),
        ..
    }) = item
    else {
        return None;
    };
    attrs.push(parse_quote!(#[non_exhaustive]));
    let (required, optional): (Vec<_>, Vec<_>) = fields
        .named
        .iter()
        .filter_map(|field| Some((field.ident.as_ref()?, &field.ty)))
        .partition(|(name, ty)| *name != "extra" && !is_option(ty));
    if required.is_empty() {
        attrs.push(parse_quote!(#[derive(Default)]));
        return None;
    }
    let (names, types): (Vec<_>, Vec<_>) = required.into_iter().unzip();
    let (others, _): (Vec<_>, Vec<_>) = optional.into_iter().unzip();
    Some(parse_quote! {
        impl #ident {
            /// With the required fields; the others are not set.
            pub fn new(#(#names: impl Into<#types>),*) -> Self {
                Self {
                    #(#names: #names.into(),)*
                    #(#others: ::std::default::Default::default(),)*
                }
            }
        }
    })
}
