// SPDX-License-Identifier: Apache-2.0
//! A config value as the Rust text that generated code contains.

/// A config value as Rust, with holes where only start-up knows the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A complete expression in which `rt` is the runtime's door: `rt::Duration::from_secs(1)`.
    Rust(String),
    /// A path into the module of the component that declares the type: `Format::Table`.
    Local(String),
    /// The hole with this index in the decoder's list.
    Hole(usize),
    /// `Some(..)`.
    Some(Box<Literal>),
    /// `vec![..]`.
    List(Vec<Literal>),
    /// A map from text: `rt::map([("key".into(), ..)])`.
    Map(Vec<(String, Literal)>),
    /// A struct of the component's module; fields that equal their default are left out if
    /// `defaults` says that `..Default::default()` can stand for them.
    Struct {
        /// The type's name.
        name: &'static str,
        /// The fields that are written.
        fields: Vec<(&'static str, Literal)>,
        /// Whether a default stands for the fields that are not.
        defaults: bool,
    },
}

impl Literal {
    /// The Rust text. `module` is the path of the component's module as generated code names
    /// it; `hole` gives the expression that fills a hole.
    #[must_use]
    pub fn render(&self, module: &str, hole: &dyn Fn(usize) -> String) -> String {
        match self {
            Self::Rust(text) => text.clone(),
            Self::Local(path) => format!("{module}::{path}"),
            Self::Hole(index) => hole(*index),
            Self::Some(inner) => format!("Some({})", inner.render(module, hole)),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(|item| item.render(module, hole)).collect();
                format!("vec![{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("({key:?}.into(), {})", value.render(module, hole)))
                    .collect();
                format!("rt::map([{}])", entries.join(", "))
            }
            Self::Struct { name, fields, defaults } => {
                let path = format!("{module}::{name}");
                if fields.is_empty() && *defaults {
                    return format!("{path}::default()");
                }
                let mut parts: Vec<_> = fields
                    .iter()
                    .map(|(field, value)| format!("{field}: {}", value.render(module, hole)))
                    .collect();
                if *defaults {
                    parts.push(format!("..{path}::default()"));
                }
                format!("{path} {{ {} }}", parts.join(", "))
            }
        }
    }
}
