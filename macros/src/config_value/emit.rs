// SPDX-License-Identifier: Apache-2.0
//! `Scalar` of an enum: a table of its variants and calls.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, parse_quote};

use super::parse::Variant;
use crate::item::bounded;

/// The impl.
pub(super) fn scalar(k: &TokenStream, ident: &Ident, variants: &[Variant]) -> TokenStream {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let rows = variants.iter().map(|variant| {
        let Variant { name, help, .. } = variant;
        let path = format!("{ident}::{}", variant.ident);
        quote!(#k::private::Variant { name: #name, help: #help, path: #path })
    });
    let places = 0..variants.len();
    quote! {
        const _: () = {
            const VARIANTS: &[#k::private::Variant] = &[#(#rows),*];
            const fn row(value: &#ident) -> #k::private::Variant {
                VARIANTS[match value {
                    #(#ident::#idents => #places,)*
                }]
            }
            #[automatically_derived]
            impl #k::Scalar for #ident {
                fn expected() -> ::std::string::String {
                    #k::private::of_variants(VARIANTS)
                }
                fn parse(text: &#k::Text) -> ::core::result::Result<Self, #k::Invalid> {
                    #k::private::parse_variant(text, VARIANTS, [#(#ident::#idents),*])
                }
                fn literal(&self) -> #k::Literal {
                    #k::Literal::Local(::std::borrow::ToOwned::to_owned(row(self).path))
                }
                fn json_schema() -> #k::private::serde_json::Value {
                    #k::private::variants_schema(VARIANTS)
                }
                fn show(&self) -> ::std::string::String {
                    ::std::borrow::ToOwned::to_owned(row(self).name)
                }
            }
        };
    }
}

/// What stands in for an item of the wrong shape, so that its users are not reported as well.
pub(super) fn stub(k: &TokenStream, item: &DeriveInput) -> TokenStream {
    let generics = bounded(&item.generics, &[parse_quote!(::core::clone::Clone), parse_quote!('static)]);
    let ident = &item.ident;
    let (head, ty, clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #head #k::Scalar for #ident #ty #clause {
            fn expected() -> ::std::string::String {
                ::core::unreachable!()
            }
            fn parse(_: &#k::Text) -> ::core::result::Result<Self, #k::Invalid> {
                ::core::unreachable!()
            }
            fn literal(&self) -> #k::Literal {
                ::core::unreachable!()
            }
            fn json_schema() -> #k::private::serde_json::Value {
                ::core::unreachable!()
            }
            fn show(&self) -> ::std::string::String {
                ::core::unreachable!()
            }
        }
    }
}
