// SPDX-License-Identifier: Apache-2.0
//! A component as the macro understands it.

use proc_macro2::{Ident, Span, TokenStream};
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
    /// There is none, or it cannot be read. The error stands in the type's place, so that
    /// rustc is silent about what follows from it.
    Missing {
        /// Where it should stand.
        place: Span,
        /// The error.
        message: String,
    },
}
