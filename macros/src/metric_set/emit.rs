// SPDX-License-Identifier: Apache-2.0
//! `MetricSet`: a table of descriptors, and the handles that point into it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr, parse_quote};

use super::Metric;
use crate::item::bounded;
use crate::names;

/// The impl.
pub(super) fn set(k: &TokenStream, ident: &Ident, metrics: &[Metric]) -> TokenStream {
    let (hopeless, metrics): (Vec<_>, Vec<_>) = metrics.iter().partition(|metric| metric.hopeless);
    let markers: Vec<_> = metrics.iter().map(|metric| names::member(&metric.ident)).collect();
    let fields = metrics.iter().zip(&markers).map(|(metric, marker)| {
        let Metric { ty, help, name, unit, attributes, spellings, .. } = metric;
        let text = |literal: &Option<LitStr>| literal.as_ref().map_or_else(|| quote!(""), |l| quote!(#l));
        let (name, unit) = (text(name), text(unit));
        let spellings = spellings.as_ref().map(|path| {
            let path = &path.0;
            quote!(const SPELLINGS: &'static [#k::Spelling] = #path;)
        });
        quote! {
            struct #marker;
            #[automatically_derived]
            impl #k::private::MetricField for #marker {
                type Family = #ty;
                const WORDS: (&'static str, &'static str, &'static str, &'static [&'static str]) =
                    (#name, #unit, #help, &[#(#attributes),*]);
                #spellings
            }
        }
    });
    let handles = metrics.iter().zip(&markers).enumerate().map(|(index, (metric, marker))| {
        let ident = &metric.ident;
        quote!(#ident: #k::private::handle::<#marker>(&Self::DESCRIPTORS[#index]))
    });
    let handles = match hopeless.is_empty() {
        true => quote!(Self { #(#handles),* }),
        false => quote!(::core::unreachable!()),
    };
    quote! {
        const _: () = {
            #(#fields)*
            #[automatically_derived]
            impl #k::MetricSet for #ident {
                const DESCRIPTORS: &'static [#k::Descriptor] = {
                    static DESCRIPTORS: &[#k::Descriptor] = &[#(#k::private::described::<#markers>()),*];
                    DESCRIPTORS
                };
                fn handles() -> Self {
                    #handles
                }
            }
        };
    }
}

/// What stands in for an item of the wrong shape, so that its users are not reported as well.
pub(super) fn stub(k: &TokenStream, item: &DeriveInput) -> TokenStream {
    let generics = bounded(&item.generics, &[parse_quote!('static)]);
    let ident = &item.ident;
    let (head, ty, clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #head #k::MetricSet for #ident #ty #clause {
            const DESCRIPTORS: &'static [#k::Descriptor] = &[];
            fn handles() -> Self {
                ::core::unreachable!()
            }
        }
    }
}
