// SPDX-License-Identifier: Apache-2.0
//! `#[derive(Config)]`: decoding key by key, defaults, limits, rules, help, JSON Schema, the
//! Rust literal, and the declaration of a component.

mod declaration;
mod emit;
mod field;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;

/// The whole derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let code = match syn::parse2(item) {
        Ok(item) => match parse::config(&item, &mut report) {
            Some(config) => emit::config(&config),
            None => emit::stubs(&item),
        },
        Err(error) => {
            report.syntax(error);
            TokenStream::new()
        }
    };
    let errors = report.into_tokens();
    quote!(#errors #code)
}
