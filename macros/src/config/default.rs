// SPDX-License-Identifier: Apache-2.0
//! `Default` of a config struct whose every field may be absent: generated code writes only
//! what differs from it.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Config;
use crate::names;

/// The impl, if there is one.
pub(super) fn default(config: &Config) -> Option<TokenStream> {
    let Config { krate: k, ident, fields, .. } = config;
    if !config.has_default() {
        return None;
    }
    let fields = fields.iter().map(|field| {
        let (ident, marker) = (&field.ident, names::member(&field.ident));
        let unwrap = field.serde.is_some().then(|| quote!(.0));
        quote!(#ident: #k::private::default::<#marker>() #unwrap)
    });
    Some(quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#fields),* }
            }
        }
    })
}
