// SPDX-License-Identifier: Apache-2.0
//! The type that stands for a field: everything the author said of it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::{Config, Default, Field, Scalar};
use crate::item::respanned;
use crate::names;

/// The type and its `Member`.
pub(super) fn member(config: &Config, field: &Field) -> TokenStream {
    let Config { krate: k, ident: owner, .. } = config;
    let Field { ident, key, ty, help, .. } = field;
    let marker = names::member(ident);
    let read = match &field.serde {
        Some(_) => respanned(&quote!(#k::private::Serde<#ty>), ty.span()),
        None => quote!(#ty),
    };
    let look = match &field.serde {
        Some(_) => quote!(look(&#k::private::Serde(::core::clone::Clone::clone(&owner.#ident)))),
        None => quote!(look(&owner.#ident)),
    };
    let fixed = (field.fixed || field.serde.is_some()).then(|| {
        quote!(
            const FIXED: bool = true;
        )
    });
    let default = default(config, field);
    let bounds = bounds(k, field);
    quote! {
        struct #marker;
        #[automatically_derived]
        impl #k::private::Member for #marker {
            type Owner = #owner;
            type Type = #read;
            const NAME: &'static str = #key;
            const HELP: &'static str = #help;
            #fixed
            #default
            #bounds
            fn with<R>(owner: &#owner, look: impl ::core::ops::FnOnce(&Self::Type) -> R) -> R {
                #look
            }
        }
    }
}

fn default(config: &Config, field: &Field) -> Option<TokenStream> {
    let Config { krate: k, .. } = config;
    let Field { ty, key, .. } = field;
    let make = match &field.default {
        Default::None => None,
        Default::Wrong => Some(quote!(|| ::core::unreachable!())),
        Default::Trait if field.serde.is_some() => {
            let call = quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default());
            Some(quote!(|| #k::private::Serde(#call)))
        }
        Default::Trait => Some(quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default)),
        Default::Text(Scalar { text, .. }) => {
            Some(quote_spanned!(ty.span()=> || #k::private::written::<#ty>(#key, #text)))
        }
    };
    make.map(|make| {
        quote! {
            const DEFAULT: ::core::option::Option<fn() -> Self::Type> = ::core::option::Option::Some(#make);
        }
    })
}

fn bounds(k: &TokenStream, field: &Field) -> Option<TokenStream> {
    if field.min.is_none() && field.max.is_none() {
        return None;
    }
    let option = |bound: &Option<Scalar>| match bound {
        Some(Scalar { text, .. }) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    let (min, max) = (option(&field.min), option(&field.max));
    let check = quote_spanned!(field.ty.span()=> #k::private::bounded::<Self>);
    Some(quote! {
        const BOUNDS: #k::private::Bounds = #k::private::Bounds { min: #min, max: #max };
        fn limit(value: &Self::Type) -> ::core::result::Result<(), #k::Invalid> {
            #check(value)
        }
    })
}
