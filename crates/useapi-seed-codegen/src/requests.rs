//! How the generated methods make a request's address.
//!
//! As they are written, they join base URL and path to a text, which the HTTP
//! client reads again for each call. The record of a call has the base URL as it
//! was read when the client was made, and puts the path behind it.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItemFn, LitStr, Local, Member, Pat, Token, parse_quote};

/// Rewrites the addresses of all operations. A method that makes its own in
/// another way is the error.
pub(crate) fn finish(file: &mut syn::File) -> Result<(), String> {
    let mut addresses = Addresses::default();
    addresses.visit_file_mut(file);
    addresses.unknown.map_or(Ok(()), Err)
}

#[derive(Default)]
struct Addresses {
    rewritten: bool,
    /// A method without one.
    unknown: Option<String>,
}

impl VisitMut for Addresses {
    fn visit_impl_item_fn_mut(&mut self, method: &mut ImplItemFn) {
        self.rewritten = false;
        visit_mut::visit_impl_item_fn_mut(self, method);
        if method.sig.asyncness.is_some() && !self.rewritten {
            self.unknown = Some(method.sig.ident.to_string());
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let is_url = matches!(&local.pat, Pat::Ident(name) if name.ident == "url");
        let Some(init) = local.init.as_mut().filter(|_| is_url) else {
            return;
        };
        let Expr::Macro(made) = &*init.expr else {
            return;
        };
        if let Ok(Address { path, arguments }) = made.mac.parse_body() {
            *init.expr = if arguments.is_empty() {
                parse_quote!(self.inner.url(#path))
            } else {
                parse_quote!(self.inner.url(&format!(#path, #arguments)))
            };
            self.rewritten = true;
        }
    }
}

/// What stands in `format!("{}/path/{}", self.baseurl, argument)`.
struct Address {
    path: LitStr,
    arguments: TokenStream,
}

impl Parse for Address {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let format: LitStr = input.parse()?;
        let text = format.value();
        let path = text.strip_prefix("{}");
        let path = path.ok_or_else(|| input.error("no base URL in front"))?;
        input.parse::<Token![,]>()?;
        let base: Expr = input.parse()?;
        match base {
            Expr::Field(field) if matches!(&field.member, Member::Named(name) if name == "baseurl") =>
                {}
            _ => return Err(input.error("another base URL")),
        }
        input.parse::<Option<Token![,]>>()?;
        Ok(Self {
            path: LitStr::new(path, format.span()),
            arguments: input.parse()?,
        })
    }
}
