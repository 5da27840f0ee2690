// SPDX-License-Identifier: Apache-2.0
//! What stands in for a config of the wrong shape, so that whoever uses it is not reported as
//! well. Nothing of it ever runs: the item has an error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_quote};

use super::{declaration, parse};
use crate::item::{bounded, doc};
use crate::report::Report;

/// The same impls, empty.
pub(super) fn stub(item: &DeriveInput, report: &mut Report) -> TokenStream {
    let args = parse::ACCEPTED.attributes(&item.attrs, "config", report);
    let k = args.krate(quote!(::tracecore_schema), report);
    let mut generics = item.generics.clone();
    for lifetime in generics.lifetimes().map(|l| l.lifetime.clone()).collect::<Vec<_>>() {
        generics.make_where_clause().predicates.push(parse_quote!(#lifetime: 'static));
    }
    let bounds = [
        parse_quote!(::core::clone::Clone),
        parse_quote!(::core::marker::Send),
        parse_quote!(::core::marker::Sync),
        parse_quote!('static),
    ];
    let generics = bounded(&generics, &bounds);
    let ident = &item.ident;
    let (head, ty, clause) = generics.split_for_impl();
    let component = parse::component(&args, item, report);
    let declaration =
        component.map(|component| declaration::of(&k, ident, &generics, &doc(&item.attrs), &component));
    quote! {
        #[automatically_derived]
        impl #head #k::Value for #ident #ty #clause {
            fn expected() -> ::std::string::String {
                ::core::unreachable!()
            }
            fn decode(_: &#k::Node, _: &mut #k::Decoder<'_>) -> ::core::option::Option<#k::Decoded<Self>> {
                ::core::unreachable!()
            }
            fn check_text(_: &[&str], _: &str) -> ::core::result::Result<(), #k::Invalid> {
                ::core::unreachable!()
            }
            fn json_schema() -> #k::private::serde_json::Value {
                ::core::unreachable!()
            }
            fn show(&self) -> ::std::string::String {
                ::core::unreachable!()
            }
            fn to_literal(&self) -> #k::Literal {
                ::core::unreachable!()
            }
        }
        #[automatically_derived]
        impl #head #k::Config for #ident #ty #clause {
            fn fields() -> ::std::vec::Vec<#k::Field> {
                ::core::unreachable!()
            }
        }
        #declaration
    }
}
