//! Snapshot of the generated source's public API, so that a review shows how a
//! change of the spec changes it.

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, Visibility};

const GENERATED: &str = include_str!("../../src/generated.rs");

/// Tokens, formatted nearly like source.
fn text(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace(":: std :: option :: ", "")
        .replace(":: std :: string :: ", "")
        .replace(":: std :: vec :: ", "")
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
        .replace("& ", "&")
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn list(items: &[Item], path: &str, lines: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) if is_public(&module.vis) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                let path = format!("{path}{}::", module.ident);
                list(items.unwrap_or_default(), &path, lines);
            }
            Item::Struct(item) if is_public(&item.vis) => {
                lines.push(format!("struct {path}{}", item.ident));
                if let Fields::Named(fields) = &item.fields {
                    for field in fields.named.iter().filter(|field| is_public(&field.vis)) {
                        let name = field.ident.as_ref().unwrap();
                        lines.push(format!("    {name}: {}", text(&field.ty)));
                    }
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                lines.push(format!("enum {path}{}", item.ident));
                for variant in &item.variants {
                    let fields = text(&variant.fields);
                    lines.push(format!("    {}{fields}", variant.ident));
                }
            }
            Item::Const(item) if is_public(&item.vis) => {
                lines.push(format!("const {path}{}: {}", item.ident, text(&item.ty)));
            }
            // The generated client itself is private to the raw layer.
            Item::Impl(block) if text(&block.self_ty) != "Client" => {
                let of = match &block.trait_ {
                    Some((_, name, _)) => format!("{} for {path}", text(name)),
                    None => path.to_owned(),
                };
                lines.push(format!("impl {of}{}", text(&block.self_ty)));
                for item in &block.items {
                    if let ImplItem::Fn(method) = item
                        && is_public(&method.vis)
                    {
                        lines.push(format!("    {}", text(&method.sig)));
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn public_surface() {
    let mut lines = Vec::new();
    list(&syn::parse_file(GENERATED).unwrap().items, "", &mut lines);
    insta::assert_snapshot!(lines.join("\n"));
}
