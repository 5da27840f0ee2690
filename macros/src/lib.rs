// SPDX-License-Identifier: Apache-2.0
//! The attribute and derive macros of TraceCore.

mod words;

use proc_macro::TokenStream;

/// Placeholder until the derives are written.
#[proc_macro_derive(Config, attributes(config))]
pub fn config(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Placeholder until the derives are written.
#[proc_macro_derive(ConfigValue, attributes(config))]
pub fn config_value(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Placeholder until the derives are written.
#[proc_macro_derive(MetricSet, attributes(metric))]
pub fn metric_set(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
