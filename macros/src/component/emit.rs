// SPDX-License-Identifier: Apache-2.0
//! The kind enum and the impls of a component.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use super::model::Component;
use crate::names;

/// Everything that is written for a component.
pub(super) fn component(component: &Component<'_>) -> TokenStream {
    let kinds = kind_enum(component);
    let declared = declared(component);
    let emits = (component.role.name == "receiver").then(|| emits(component));
    let exports = component.mode.map(|mode| exports(component, mode));
    quote!(#kinds #declared #emits #exports)
}

fn kind_enum(component: &Component<'_>) -> TokenStream {
    let Component { door: rt, vis, ident, kinds, .. } = component;
    let name = names::kind_enum(ident);
    let doc = format!("What [`{ident}`] reports when something goes wrong.");
    let words: Vec<_> = kinds.iter().map(|kind| kind.unraw().to_string()).collect();
    let docs = words.iter().map(|word| format!("The error kind `{word}`."));
    let variants: Vec<_> =
        kinds.iter().zip(&words).map(|(kind, word)| names::variant(word, kind.span())).collect();
    quote! {
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
        )]
        #[allow(dead_code, reason = "the runtime reports some of them by itself")]
        #vis enum #name {
            #(#[doc = #docs] #variants,)*
        }
        #[automatically_derived]
        impl #rt::ErrorKind for #name {
            const NAMES: &'static [&'static str] = &[#(#words),*];
            const INIT: Self = Self::Init;
            fn index(self) -> usize {
                self as usize
            }
        }
    }
}

/// `<Config as DeclaresReceiver>::This`: the config if it declares this role, else one error at
/// the author's token.
fn this(component: &Component<'_>) -> TokenStream {
    let Component { door: rt, config, role, .. } = component;
    let declares = Ident::new(role.declares, Span::call_site());
    quote_spanned!(config.span()=> <#config as #rt::#declares>::This)
}

fn declared(component: &Component<'_>) -> TokenStream {
    let Component { door: rt, ident, .. } = component;
    let kinds = names::kind_enum(ident);
    let this = this(component);
    quote! {
        #[automatically_derived]
        impl #rt::Declared for #ident {
            type Config = #this;
            type Kind = #kinds;
        }
    }
}

fn emits(component: &Component<'_>) -> TokenStream {
    let Component { door: rt, ident, config, metrics, .. } = component;
    let this = this(component);
    let (set, span) = match metrics {
        Some(ty) => (quote!(#ty), ty.span()),
        None => (quote!(()), config.span()),
    };
    let set = quote_spanned!(span=> <#this as #rt::DeclaresMetrics<#set>>::Set);
    quote! {
        #[automatically_derived]
        impl #rt::Emits for #ident {
            type Metrics = #set;
            type Out = #rt::Batch;
        }
    }
}

fn exports(component: &Component<'_>, mode: &str) -> TokenStream {
    let Component { door: rt, ident, .. } = component;
    let mode = Ident::new(mode, Span::call_site());
    quote! {
        #[automatically_derived]
        impl #rt::Exports for #ident {
            type Mode = #rt::#mode<Self>;
        }
    }
}
