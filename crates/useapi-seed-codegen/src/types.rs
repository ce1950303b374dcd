//! Finishes the generated types.

use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Fields, Item, ItemEnum, ItemMod, ItemStruct, Type, parse_quote};

use crate::open_enums::OpenEnum;

/// Adds to the types what the generator leaves out: documentation of the
/// catch-all field, room to grow, constructors, and the open enumerations.
pub(crate) fn finish(file: &mut syn::File, words: &[OpenEnum]) {
    Finish { words }.visit_file_mut(file);
}

struct Finish<'a> {
    words: &'a [OpenEnum],
}

impl VisitMut for Finish<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        visit_mut::visit_item_mod_mut(self, module);
        let Some((_, items)) = &mut module.content else {
            return;
        };
        if module.ident == "types" {
            let constructors: Vec<Item> = items.iter_mut().filter_map(finish_struct).collect();
            items.extend(constructors);
            for words in self.words {
                let tokens = words.to_items();
                items.push(Item::Verbatim(tokens));
            }
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let syn::Meta::NameValue(meta) = &mut attribute.meta
            && meta.path.is_ident("doc")
            && let syn::Expr::Lit(literal) = &mut meta.value
            && let syn::Lit::Str(text) = &mut literal.lit
        {
            // Block scalars of YAML end in a newline.
            let trimmed = text.value().trim_end().to_owned();
            *text = syn::LitStr::new(&trimmed, text.span());
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        visit_mut::visit_item_enum_mut(self, item);
        item.attrs.push(parse_quote!(#[non_exhaustive]));
    }

    fn visit_variant_mut(&mut self, variant: &mut syn::Variant) {
        visit_mut::visit_variant_mut(self, variant);
        if !is_documented(&variant.attrs) {
            variant
                .attrs
                .insert(0, parse_quote!(#[doc = "A value of this type."]));
        }
    }

    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        visit_mut::visit_field_mut(self, field);
        if field.ident.as_ref().is_some_and(|name| name == "extra") && !is_documented(&field.attrs)
        {
            field.attrs.insert(
                0,
                parse_quote!(#[doc = "Fields that the description does not know, as they came."]),
            );
        }
    }
}

fn is_documented(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
}

fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "Option")
}

/// Leaves room for new fields, and gives a constructor in exchange: one that
/// takes the required fields, or `Default` where there are none.
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
            /// With the required fields; set the others as needed.
            pub fn new(#(#names: impl Into<#types>),*) -> Self {
                Self {
                    #(#names: #names.into(),)*
                    #(#others: ::std::default::Default::default(),)*
                }
            }
        }
    })
}
