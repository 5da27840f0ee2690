// SPDX-License-Identifier: Apache-2.0
//! A config struct as the macro understands it. Everything keeps the author's tokens.

use proc_macro2::{Ident, TokenStream};
use syn::{LitStr, Path, Type};

/// A config struct.
pub(crate) struct Config {
    /// The path of the schema crate.
    pub krate: TokenStream,
    /// The struct.
    pub ident: Ident,
    /// The doc comment.
    pub help: String,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// What is checked across fields.
    pub rules: Vec<Call>,
    /// What makes it a component's declaration; `None` for a nested struct.
    pub component: Option<Component>,
}

/// One field.
pub(crate) struct Field {
    /// Its name.
    pub ident: Ident,
    /// Its key in a pipeline file.
    pub key: String,
    /// Its type.
    pub ty: Type,
    /// The doc comment.
    pub help: String,
    /// Whether holes are refused.
    pub fixed: bool,
    /// `serde`, where it stands: whether the field is read through serde.
    pub serde: Option<Ident>,
    /// What its absence means.
    pub default: Default,
    /// The least value.
    pub min: Option<Scalar>,
    /// The greatest value.
    pub max: Option<Scalar>,
}

/// What the absence of a field means.
pub(crate) enum Default {
    /// Nothing is said: the type may know (`Option` does), else the field is required.
    None,
    /// `Default::default()`.
    Trait,
    /// A scalar as an operator would write it.
    Text(Scalar),
    /// There is one, but it was reported: nothing that follows from its lack may be.
    Wrong,
}

/// A literal that stands for what an operator would write.
pub(crate) struct Scalar {
    /// What an operator would write.
    pub text: String,
    /// The author's tokens.
    pub tokens: TokenStream,
}

/// A function applied to fields: `check(interval, timeout)`.
pub(crate) struct Call {
    /// The function.
    pub path: Path,
    /// The fields.
    pub fields: Vec<Ident>,
}

/// What makes a config a component's declaration.
pub(crate) struct Component {
    /// What it does in a pipeline.
    pub role: Role,
    /// Its name in pipeline files.
    pub kind: LitStr,
    /// The signals, by name.
    pub signals: Vec<Ident>,
    /// The metrics that it may emit.
    pub metrics: Option<Type>,
    /// Its Rust type.
    pub rust: Option<Rust>,
    /// What it needs for itself alone.
    pub claims: Option<Claims>,
    /// The library that it loads when it runs.
    pub loads: Option<Claims>,
    /// The page that it shows, which a lane must keep fresh.
    pub page: Option<Claims>,
    /// Why it has nothing to do with metrics, as configured.
    pub no_metrics: Option<Claims>,
    /// Why it has nothing to do with logs, as configured.
    pub no_logs: Option<Claims>,
}

/// What a component does in a pipeline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Emits.
    Receiver,
    /// Changes.
    Processor,
    /// Sends on or shows.
    Exporter,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Receiver, Self::Processor, Self::Exporter];

    /// The argument that names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Processor => "processor",
            Self::Exporter => "exporter",
        }
    }

    /// The variant of the schema's `Role`.
    pub(crate) const fn variant(self) -> &'static str {
        match self {
            Self::Receiver => "Receiver",
            Self::Processor => "Processor",
            Self::Exporter => "Exporter",
        }
    }
}

/// The Rust type of a component.
pub(crate) enum Rust {
    /// Always this one. A type of the component's module: generated code names it there.
    Type(Ident),
    /// Chosen by fixed fields.
    Choice(Call),
}

/// What a component needs: something for itself alone, or a library.
pub(crate) enum Claims {
    /// Always this.
    Text(LitStr),
    /// Depends on fixed fields.
    Choice(Call),
}

impl Config {
    /// Whether every field may be absent, so that the struct has a default.
    pub(crate) fn has_default(&self) -> bool {
        self.fields.iter().all(Field::may_be_absent)
    }

    /// The field of this name.
    pub(crate) fn field(&self, name: &Ident) -> Option<&Field> {
        self.fields.iter().find(|field| field.ident == *name)
    }
}

impl Field {
    /// Whether the file may leave it out.
    pub(crate) fn may_be_absent(&self) -> bool {
        !matches!(self.default, Default::None) || self.is_option()
    }

    /// Whether the type is written as `Option<..>`.
    pub(crate) fn is_option(&self) -> bool {
        option_of(&self.ty).is_some()
    }
}

/// The last segment of a type that is a path: `Duration` of `std::time::Duration`.
pub(crate) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}

/// `T` of `Option<T>`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}
