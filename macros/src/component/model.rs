// SPDX-License-Identifier: Apache-2.0
//! A component as the macro understands it.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Generics, Path, Type, Visibility};

use super::roles::Role;

/// A component.
pub(crate) struct Component {
    /// What sets its role apart.
    pub role: &'static Role,
    /// The runtime's door.
    pub door: TokenStream,
    /// The conditions under which the item exists.
    pub cfgs: Vec<Attribute>,
    /// The item's visibility.
    pub vis: Visibility,
    /// The item.
    pub ident: Ident,
    /// Its generics: none, unless it was refused for them.
    pub generics: Generics,
    /// Its config.
    pub config: Config,
    /// The metrics of a receiver.
    pub metrics: Option<Type>,
    /// The error kinds, the runtime's included, in the order of their counters.
    pub kinds: Vec<Ident>,
    /// How an exporter is run: `StreamMode` or `PageMode`.
    pub mode: Option<&'static str>,
}

/// The config of a component.
pub(crate) enum Config {
    /// The author's type.
    Type(Path),
    /// The message of an error that stands in the type's place: what follows from it is
    /// silent to rustc.
    Missing(String),
    /// It was reported.
    Wrong,
}
