//! A method of `crate::Client` for each operation.
//!
//! The methods that progenitor generates return some errors without status,
//! headers or body. These methods record the exchange and return all of it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, ImplItem, ImplItemFn, Item, Path, parse_quote};

/// The methods, with the signatures of the generated ones.
pub(crate) fn generate(file: &syn::File) -> TokenStream {
    let methods = file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
                Some(method_of_client(method))
            }
            _ => None,
        });
    quote! {
        #[allow(clippy::needless_lifetimes, reason = "as progenitor generates them")]
        impl crate::Client {
            #(#methods)*
        }
    }
}

fn method_of_client(method: &ImplItemFn) -> TokenStream {
    let docs = &method.attrs;
    let mut signature = method.sig.clone();
    ResultTypes.visit_return_type_mut(&mut signature.output);
    let name = &signature.ident;
    let arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(&argument.pat),
        FnArg::Receiver(_) => None,
    });
    quote! {
        #(#docs)*
        ///
        /// # Errors
        ///
        /// When no response arrives, or one that is not the success of the spec.
        /// The error keeps status, headers and body.
        pub #signature {
            let call = self.call();
            let outcome = call.#name(#(#arguments),*).await;
            call.inner.into_result(outcome)
        }
    }
}

/// Turns `Result<ResponseValue<T>, Error<E>>` into the types of the raw layer.
struct ResultTypes;

impl VisitMut for ResultTypes {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let [segment] = path.segments.iter().collect::<Vec<_>>()[..] else {
            return;
        };
        let arguments = &segment.arguments;
        if segment.ident == "ResponseValue" {
            *path = parse_quote!(crate::Response #arguments);
        } else if segment.ident == "Error" {
            *path = parse_quote!(crate::Error #arguments);
        }
    }
}
