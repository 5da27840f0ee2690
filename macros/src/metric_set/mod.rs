// SPDX-License-Identifier: Apache-2.0
//! `#[derive(MetricSet)]`: a static descriptor per field, and the typed handles.

mod check;
mod emit;
mod parse;

use proc_macro2::TokenStream;
use syn::LitStr;

/// A metric set as the macro understands it.
pub(crate) struct Metric {
    /// The field.
    pub ident: syn::Ident,
    /// Its type: the instrument and the number.
    pub ty: syn::Type,
    /// The doc comment.
    pub help: String,
    /// The name in OpenTelemetry's style; `None` if it was reported.
    pub name: Option<LitStr>,
    /// The unit; `None` if it was reported.
    pub unit: Option<LitStr>,
    /// The attribute keys its series may carry.
    pub attributes: Vec<LitStr>,
    /// Where its other spellings stand.
    pub spellings: Option<crate::args::PathArg>,
    /// Whether its number is one that no metric has: the struct itself is an error then, and
    /// nothing is written for the field.
    pub hopeless: bool,
}

/// The whole derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    crate::item::derive(item, |item, report| {
        let k = parse::krate(item, report);
        let Some(metrics) = parse::metrics(item, report) else {
            return emit::stub(&k, item);
        };
        check::metrics(&metrics, report);
        emit::set(&k, &item.ident, &metrics)
    })
}

#[cfg(test)]
mod tests;
