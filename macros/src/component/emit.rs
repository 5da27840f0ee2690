// SPDX-License-Identifier: Apache-2.0
//! The kind enum and the impls of a component.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Generics, parse_quote};

use super::model::{Component, Config};
use crate::item::bounded;
use crate::names;

/// Everything that is written for a component.
pub(super) fn component(component: &Component) -> TokenStream {
    let kinds = kind_enum(component);
    let generics = bounded(&component.generics, &[parse_quote!(::core::marker::Send), parse_quote!('static)]);
    let declared = declared(component, &generics);
    let emits = (component.role.name == "receiver").then(|| emits(component, &generics));
    let exports = component.mode.map(|mode| exports(component, &generics, mode));
    quote!(#kinds #declared #emits #exports)
}

fn kind_enum(component: &Component) -> TokenStream {
    let Component { door: rt, cfgs, vis, ident, kinds, .. } = component;
    let name = names::kind_enum(ident);
    let words: Vec<_> = kinds.iter().map(|kind| kind.unraw().to_string()).collect();
    let variants: Vec<_> =
        kinds.iter().zip(&words).map(|(kind, word)| names::variant(word, kind.span())).collect();
    let doc = format!("What [`{ident}`] reports when something goes wrong.");
    let docs = words.iter().map(|word| format!("`{word}`"));
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
        )]
        #[allow(dead_code, reason = "the runtime reports some kinds by itself")]
        #vis enum #name {
            #(#[doc = #docs] #variants,)*
        }
        #(#cfgs)*
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

fn declared(component: &Component, generics: &Generics) -> Option<TokenStream> {
    let Component { door: rt, cfgs, ident, .. } = component;
    let (head, ty, clause) = generics.split_for_impl();
    let kinds = names::kind_enum(ident);
    let this = this(component, true)?;
    Some(quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #head #rt::Declared for #ident #ty #clause {
            type Config = #this;
            type Kind = #kinds;
        }
    })
}

/// `<Config as DeclaresReceiver>::This`: the config if it declares this role, else one error at
/// the author's token. A missing config is an error in the type's place.
fn this(component: &Component, first: bool) -> Option<TokenStream> {
    let Component { door: rt, config, role, .. } = component;
    let path = match config {
        Config::Type(path) => path,
        Config::Missing(message) if first => return Some(quote!(::core::compile_error! { #message })),
        Config::Missing(_) | Config::Wrong => return None,
    };
    let declares = Ident::new(role.declares, Span::call_site());
    let start = path.span();
    let end = path.segments.last().map_or(start, syn::spanned::Spanned::span);
    let before = quote_spanned!(start=> <);
    let after = quote_spanned!(end=> as #rt::#declares>::This);
    Some(quote!(#before #path #after))
}

fn emits(component: &Component, generics: &Generics) -> Option<TokenStream> {
    let Component { door: rt, cfgs, ident, metrics, .. } = component;
    let (head, ty, clause) = generics.split_for_impl();
    let this = this(component, false);
    let set = match (metrics, this) {
        (Some(set), Some(this)) => {
            quote_spanned!(set.span()=> <#this as #rt::DeclaresMetrics<#set>>::Set)
        }
        (None, Some(this)) => {
            let place = match &component.config {
                Config::Type(path) => path.span(),
                _ => Span::call_site(),
            };
            quote_spanned!(place=> <#this as #rt::DeclaresMetrics<()>>::Set)
        }
        (Some(set), None) => quote!(#set),
        (None, None) => quote!(()),
    };
    Some(quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #head #rt::Emits for #ident #ty #clause {
            type Metrics = #set;
            type Out = #rt::Batch;
        }
    })
}

fn exports(component: &Component, generics: &Generics, mode: &str) -> TokenStream {
    let Component { door: rt, cfgs, ident, .. } = component;
    let (head, ty, clause) = generics.split_for_impl();
    let mode = Ident::new(mode, Span::call_site());
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #head #rt::Exports for #ident #ty #clause {
            type Mode = #rt::#mode<Self>;
        }
    }
}
