// SPDX-License-Identifier: Apache-2.0
//! The kind enum and the impls of a component.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Generics, parse_quote};

use super::model::{Component, Config};
use crate::item::bounded;
use crate::names;

/// Everything that is written for a component. Of one that is `whole` rustc is asked whether it
/// does something with each signal of its config.
pub(super) fn component(component: &Component, whole: bool) -> TokenStream {
    let kinds = kind_enum(component);
    let generics = bounded(&component.generics, &[parse_quote!(::core::marker::Send), parse_quote!('static)]);
    let declared = declared(component, &generics);
    let emits = (component.role.name == "receiver").then(|| emits(component, &generics));
    let exports = component.mode.map(|mode| exports(component, &generics, mode));
    let carries = whole.then(|| assert_carries(component));
    quote!(#kinds #declared #emits #exports #carries)
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

fn declared(component: &Component, generics: &Generics) -> TokenStream {
    let Component { door: rt, cfgs, ident, config, .. } = component;
    let (head, ty, clause) = generics.split_for_impl();
    let kinds = names::kind_enum(ident);
    let config = match config {
        Config::Type(path) => quote!(#path),
        Config::Missing { place, message } => {
            let error = quote_spanned!(*place=> ::core::compile_error! { #message });
            quote!(#rt::Missing<{ #error }>)
        }
    };
    let assert_role = assert_role(component);
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #head #rt::Declared for #ident #ty #clause {
            type Config = #config;
            type Kind = #kinds;
        }
        #assert_role
    }
}

/// Asked of rustc at the author's token; not of a generic component, which has an error anyway.
fn assert_role(component: &Component) -> Option<TokenStream> {
    let Component { door: rt, cfgs, ident, role, config, generics, .. } = component;
    let (Config::Type(path), true) = (config, generics.params.is_empty()) else { return None };
    let variant = Ident::new(role.variant, Span::call_site());
    let call = call(path, &quote!(#rt::assert_role), &quote!(<#ident>(#rt::Role::#variant)));
    Some(quote!(#(#cfgs)* const _: () = #call;))
}

/// Evaluated at the component's name. A receiver writes into what follows from its signals, and
/// a page shows metrics, so of these there is nothing to ask.
fn assert_carries(component: &Component) -> Option<TokenStream> {
    let Component { door: rt, cfgs, ident, role, config, mode, .. } = component;
    let Config::Type(_) = config else { return None };
    let (function, probe) = match (role.name, mode) {
        ("processor", _) => (quote!(#rt::assert_processes), quote!(#rt::Processed)),
        ("exporter", Some("StreamMode")) => (quote!(#rt::assert_encodes), quote!(#rt::Encoded)),
        _ => return None,
    };
    let here = quote!([<#probe<#ident, #rt::Metrics>>::HERE, <#probe<#ident, #rt::Logs>>::HERE]);
    let call = call(ident, &function, &quote!(<#ident>(#here)));
    Some(quote! {
        #(#cfgs)*
        const _: () = {
            #[allow(unused_imports, reason = "of what is not here")]
            use #rt::Otherwise as _;
            #call
        };
    })
}

/// A call that is underlined as `place` is.
fn call(place: &impl ToTokens, function: &TokenStream, arguments: &TokenStream) -> TokenStream {
    let tokens: Vec<_> = place.to_token_stream().into_iter().collect();
    let start = tokens.first().map_or_else(Span::call_site, proc_macro2::TokenTree::span);
    let end = tokens.last().map_or_else(Span::call_site, proc_macro2::TokenTree::span);
    let function = crate::item::respanned(function, start);
    let arguments = crate::item::respanned(arguments, end);
    quote!(#function :: #arguments)
}

fn emits(component: &Component, generics: &Generics) -> TokenStream {
    let Component { door: rt, cfgs, ident, config, metrics, .. } = component;
    let (head, ty, clause) = generics.split_for_impl();
    let set = metrics.as_ref().map_or_else(|| quote!(()), |set| quote!(#set));
    let out = match config {
        Config::Type(_) => quote!(#rt::Out<Self>),
        Config::Missing { .. } => quote!(#rt::Batch),
    };
    // Without a config there is nothing to compare with.
    let place = match (config, metrics) {
        (Config::Type(_), Some(set)) => Some(quote!(#set)),
        (Config::Type(path), None) => Some(quote!(#path)),
        (Config::Missing { .. }, _) => None,
    };
    let assert = place.filter(|_| component.generics.params.is_empty()).map(|place| {
        let call = call(&place, &quote!(#rt::assert_metrics), &quote!(<#ident>()));
        quote!(#(#cfgs)* const _: () = #call;)
    });
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #head #rt::Emits for #ident #ty #clause {
            type Metrics = #set;
            type Out = #out;
        }
        #assert
    }
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
