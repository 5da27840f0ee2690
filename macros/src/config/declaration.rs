// SPDX-License-Identifier: Apache-2.0
//! The impl that makes a config a component's declaration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Generics;

use super::model::{Component, Config};
use crate::names;

/// `Declaration`, if it is one.
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
    let signals = signals.iter().map(|signal| names::variant(&signal.to_string(), Span::call_site()));
    let (head, ty, clause) = generics.split_for_impl();
    let metrics = match metrics {
        Some(set) => quote!(<#set as #k::MetricSet>::DESCRIPTORS),
        None => quote!(&[]),
    };
    quote! {
        #[automatically_derived]
        impl #head #k::Declaration for #ident #ty #clause {
            const KIND: &'static str = #kind;
            const ROLE: #k::Role = #k::Role::#variant;
            const SIGNALS: &'static [#k::SignalKind] = &[#(#k::SignalKind::#signals),*];
            const HELP: &'static str = #help;
            const METRICS: &'static [#k::Descriptor] = #metrics;
        }
    }
}
