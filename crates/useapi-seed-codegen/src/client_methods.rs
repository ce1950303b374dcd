//! A method of `crate::Client` for each operation.
//!
//! The generated methods report some failures without status, headers or body.
//! These record the exchange, and give all of it back.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, ImplItem, ImplItemFn, Item, ReturnType, Type};

/// The methods, from the signatures of the generated ones. A method whose
/// signature is of another form is the error.
pub(crate) fn generate(file: &syn::File) -> Result<TokenStream, String> {
    let methods = file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
            _ => None,
        })
        .map(|method| wrapper(method).ok_or_else(|| method.sig.ident.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(quote! {
        #[allow(clippy::needless_lifetimes, reason = "as the generator writes them")]
        impl crate::Client {
            #(#methods)*
        }
    })
}

fn wrapper(method: &ImplItemFn) -> Option<TokenStream> {
    let docs = method
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"));
    let name = &method.sig.ident;
    let generics = &method.sig.generics;
    let inputs = &method.sig.inputs;
    let arguments = inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(&argument.pat),
        FnArg::Receiver(_) => None,
    });
    let (success, error) = outcome(&method.sig.output)?;
    Some(quote! {
        #(#docs)*
        ///
        /// # Errors
        ///
        /// When no response arrives, or one that is not the success of the spec.
        /// The error keeps status, headers and body.
        pub async fn #name #generics (#inputs)
            -> Result<crate::Response<#success>, crate::Error<#error>>
        {
            let call = self.call();
            let outcome = call.#name(#(#arguments),*).await;
            call.inner.into_result(outcome)
        }
    })
}

/// `T` and `E` of `Result<ResponseValue<T>, Error<E>>`.
fn outcome(output: &ReturnType) -> Option<(&Type, &Type)> {
    let ReturnType::Type(_, result) = output else {
        return None;
    };
    match type_arguments(result).as_slice() {
        [success, error] => match (
            type_arguments(success).as_slice(),
            type_arguments(error).as_slice(),
        ) {
            ([success], [error]) => Some((success, error)),
            _ => None,
        },
        _ => None,
    }
}

fn type_arguments(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else {
        return Vec::new();
    };
    let Some(syn::PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|segment| &segment.arguments)
    else {
        return Vec::new();
    };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}
