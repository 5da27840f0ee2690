// SPDX-License-Identifier: Apache-2.0
//! The attribute and derive macros of TraceCore.
//!
//! Each macro is a folder with the same phases: *parse* turns tokens into a model and keeps
//! the author's tokens for later errors, *check* looks at the model as a whole, *emit* writes
//! the code, one file per thing that is written. All errors of an item come at once; the
//! author's item is always handed back, and stub impls with it, so that one mistake gives one
//! error.
//!
//! Invariant: bodies are never parsed, and what a type must be able to do is left to rustc,
//! which is asked at the author's own tokens. Generated code enters the other crates through
//! `::tracecore_schema`, its `private` module and `::tracecore_runtime::private`, nothing else.

mod args;
mod component;
mod config;
mod config_value;
#[cfg(test)]
mod golden;
mod item;
mod metric_set;
mod names;
mod report;
#[path = "../../schema/src/suggest.rs"]
#[allow(unreachable_pub, reason = "public in the schema, private here")]
mod suggest;
mod words;

use proc_macro::TokenStream;

/// Makes a struct the config of a component, or a part of one.
#[proc_macro_derive(Config, attributes(config))]
pub fn config(item: TokenStream) -> TokenStream {
    config::derive(item.into()).into()
}

/// Makes an enum without fields a config value.
#[proc_macro_derive(ConfigValue, attributes(config))]
pub fn config_value(item: TokenStream) -> TokenStream {
    config_value::derive(item.into()).into()
}

/// Makes a struct the metrics of a receiver.
#[proc_macro_derive(MetricSet, attributes(metric))]
pub fn metric_set(item: TokenStream) -> TokenStream {
    metric_set::derive(item.into()).into()
}

/// Makes a struct a receiver: `#[receiver(config = Config, metrics = Metrics, errors(read))]`.
#[proc_macro_attribute]
pub fn receiver(args: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(&component::RECEIVER, args.into(), &item.into()).into()
}

/// Makes a struct a processor: `#[processor(config = Config)]`.
#[proc_macro_attribute]
pub fn processor(args: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(&component::PROCESSOR, args.into(), &item.into()).into()
}

/// Makes a struct an exporter: `#[exporter(stream, config = Config, errors(io))]`.
#[proc_macro_attribute]
pub fn exporter(args: TokenStream, item: TokenStream) -> TokenStream {
    component::expand(&component::EXPORTER, args.into(), &item.into()).into()
}
