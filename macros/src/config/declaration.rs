// SPDX-License-Identifier: Apache-2.0
//! The impls that make a config a component's declaration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Generics;

use super::model::{Component, Config, Role};
use crate::names;

/// `Declaration`, and what the attribute macros ask for.
pub(super) fn declaration(config: &Config) -> Option<TokenStream> {
    let component = config.component.as_ref()?;
    Some(of(&config.krate, &config.ident, &Generics::default(), &config.help, component))
}

/// The same for a config that may be generic, because it was refused for that.
pub(super) fn of(
    k: &TokenStream,
    ident: &Ident,
    generics: &Generics,
    help: &str,
    component: &Component,
) -> TokenStream {
    let Component { role, kind, signals, metrics, .. } = component;
    let variant = Ident::new(role.variant(), Span::call_site());
    let declares = format_ident!("Declares{}", variant);
    let signals = signals.iter().map(|signal| names::variant(&signal.to_string(), Span::call_site()));
    let (head, ty, clause) = generics.split_for_impl();
    // The set's bound is checked where it is declared; from there on it is known to hold.
    let (set, declares_metrics) = match (role, metrics) {
        (Role::Receiver, metrics) => {
            let declared = metrics.as_ref().map_or_else(|| quote!(()), |set| quote!(#set));
            let declares_metrics = quote! {
                #[automatically_derived]
                impl #head #k::private::DeclaresMetrics<#declared> for #ident #ty #clause {
                    type Set = #declared;
                }
            };
            (quote!(<Self as #k::private::DeclaresMetrics<#declared>>::Set), Some(declares_metrics))
        }
        _ => (quote!(()), None),
    };
    quote! {
        #[automatically_derived]
        impl #head #k::Declaration for #ident #ty #clause {
            const KIND: &'static str = #kind;
            const ROLE: #k::Role = #k::Role::#variant;
            const SIGNALS: &'static [#k::SignalKind] = &[#(#k::SignalKind::#signals),*];
            const HELP: &'static str = #help;
            fn metrics() -> ::std::vec::Vec<&'static #k::Descriptor> {
                #k::private::descriptors::<#set>()
            }
        }
        #[automatically_derived]
        impl #head #k::private::#declares for #ident #ty #clause {
            type This = Self;
        }
        #declares_metrics
    }
}
