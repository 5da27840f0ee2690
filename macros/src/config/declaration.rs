// SPDX-License-Identifier: Apache-2.0
//! The impls that make a config a component's declaration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::{Component, Config, Role};
use crate::names;

/// `Declaration`, and what the attribute macros ask for.
pub(super) fn declaration(config: &Config) -> TokenStream {
    let Some(component) = &config.component else { return TokenStream::new() };
    let Config { krate: k, ident, help, .. } = config;
    let Component { role, kind, signals, metrics, .. } = component;
    let role_variant = Ident::new(role.variant(), Span::call_site());
    let declares = format_ident!("Declares{}", role_variant);
    let signals = signals.iter().map(|signal| names::variant(&signal.to_string(), Span::call_site()));
    let set = metrics.as_ref().map_or_else(|| quote!(()), |ty| quote_spanned!(ty.span()=> #ty));
    let declares_metrics = (*role == Role::Receiver).then(|| {
        quote! {
            #[automatically_derived]
            impl #k::private::DeclaresMetrics<#set> for #ident {
                type Set = #set;
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #k::Declaration for #ident {
            const KIND: &'static str = #kind;
            const ROLE: #k::Role = #k::Role::#role_variant;
            const SIGNALS: &'static [#k::SignalKind] = &[#(#k::SignalKind::#signals),*];
            const HELP: &'static str = #help;
            fn metrics() -> ::std::vec::Vec<&'static #k::Descriptor> {
                <#set as #k::MetricSet>::DESCRIPTORS.iter().collect()
            }
        }
        #[automatically_derived]
        impl #k::private::#declares for #ident {
            type This = Self;
        }
        #declares_metrics
    }
}
