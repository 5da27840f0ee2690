// SPDX-License-Identifier: Apache-2.0
//! `#[receiver]`, `#[processor]` and `#[exporter]`: what ties a struct to its config, its
//! metrics and its error kinds.

mod emit;
mod kinds;
mod model;
mod parse;
mod roles;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use roles::{EXPORTER, PROCESSOR, RECEIVER};

use crate::report::Report;

/// The whole macro; the item is handed back whatever is wrong.
pub(crate) fn expand(role: &'static roles::Role, args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut report = Report::default();
    let component = parse::component(role, args, item, &mut report);
    let errors = report.into_tokens();
    // What is wrong already is not asked about again.
    let whole = errors.is_empty();
    let code = component.map(|component| emit::component(&component, whole));
    quote!(#item #errors #code)
}

#[cfg(test)]
mod tests;
