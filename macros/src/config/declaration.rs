// SPDX-License-Identifier: Apache-2.0
//! The impl that makes a config a component's declaration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Generics;

use super::model::{Component, Config};

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
    let carries = |signal: &str| signals.iter().any(|named| named == signal);
    let signals = match (carries("metrics"), carries("logs")) {
        (true, true) => "MetricsAndLogs",
        (false, true) => "Logs",
        // None at all has been reported.
        _ => "Metrics",
    };
    let signals = Ident::new(signals, Span::call_site());
    let (head, ty, clause) = generics.split_for_impl();
    let metrics = match metrics {
        Some(set) => quote!(<#set as #k::MetricSet>::DESCRIPTORS),
        None => quote!(&[]),
    };
    quote! {
        #[automatically_derived]
        impl #head #k::Declaration for #ident #ty #clause {
            type Signals = #k::signals::#signals;
            const KIND: &'static str = #kind;
            const ROLE: #k::Role = #k::Role::#variant;
            const HELP: &'static str = #help;
            const METRICS: &'static [#k::Descriptor] = #metrics;
        }
    }
}
