// SPDX-License-Identifier: Apache-2.0
//! A component as the macro understands it, and what sets the three roles apart.

use proc_macro2::{Ident, TokenStream};
use syn::{Type, Visibility};

use crate::words;

/// What sets a role apart.
pub(crate) struct RoleWords {
    /// `receiver`.
    pub name: &'static str,
    /// `a receiver`.
    pub a: &'static str,
    /// The trait that its config implements.
    pub declares: &'static str,
    /// The arguments of its attribute.
    pub args: &'static [&'static str],
    /// A legal use.
    pub usage: &'static str,
    /// The canonical error kinds.
    pub canonical: &'static [&'static str],
    /// Of these, the ones that the runtime reports.
    pub runtime: &'static [&'static str],
}

/// `#[receiver]`.
pub(crate) const RECEIVER: RoleWords = RoleWords {
    name: "receiver",
    a: "a receiver",
    declares: "DeclaresReceiver",
    args: &["config", "metrics", "errors", "crate"],
    usage: "#[receiver(config = Config, metrics = Metrics, errors(read, local(other)))]",
    canonical: words::RECEIVER_ERROR_KINDS,
    runtime: words::RECEIVER_RUNTIME_KINDS,
};

/// `#[processor]`.
pub(crate) const PROCESSOR: RoleWords = RoleWords {
    name: "processor",
    a: "a processor",
    declares: "DeclaresProcessor",
    args: &["config", "errors", "crate"],
    usage: "#[processor(config = Config)]",
    canonical: words::PROCESSOR_ERROR_KINDS,
    runtime: words::PROCESSOR_RUNTIME_KINDS,
};

/// `#[exporter]`.
pub(crate) const EXPORTER: RoleWords = RoleWords {
    name: "exporter",
    a: "an exporter",
    declares: "DeclaresExporter",
    args: &["stream", "page", "config", "errors", "crate"],
    usage: "#[exporter(stream, config = Config, errors(io, local(other)))]",
    canonical: words::EXPORTER_ERROR_KINDS,
    runtime: words::EXPORTER_RUNTIME_KINDS,
};

/// A component.
pub(crate) struct Component<'a> {
    /// What sets its role apart.
    pub role: &'a RoleWords,
    /// The runtime's door.
    pub door: TokenStream,
    /// The struct's visibility.
    pub vis: Visibility,
    /// The struct.
    pub ident: Ident,
    /// Its generics: none, unless it was refused for them.
    pub generics: syn::Generics,
    /// Its config, or the error that stands in its place.
    pub config: TokenStream,
    /// The metrics of a receiver.
    pub metrics: Option<Type>,
    /// The error kinds, the runtime's included, in the order of their counters.
    pub kinds: Vec<Ident>,
    /// How an exporter is run: `StreamMode` or `PageMode`.
    pub mode: Option<&'static str>,
}
