// SPDX-License-Identifier: Apache-2.0
//! `#[derive(Config)]`: decoding key by key, defaults, limits, rules, help, JSON Schema, the
//! Rust literal, and the declaration of a component.

mod check;
mod declaration;
mod decode;
mod default;
mod emit;
mod field;
mod known;
mod member;
mod model;
mod parse;
mod stub;

use proc_macro2::TokenStream;

/// The whole derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    crate::item::derive(item, |item, report| {
        let Some(mut config) = parse::config(item, report) else {
            return stub::stub(item, report);
        };
        check::config(&mut config, report);
        // From here on nothing changes and nothing is reported.
        emit::config(&config)
    })
}

#[cfg(test)]
mod tests;
