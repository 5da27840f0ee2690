// SPDX-License-Identifier: Apache-2.0
//! Every name that the macros invent.
//!
//! Locals and helpers have mixed-site spans: they see nothing of the author's and the author
//! sees nothing of them.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt as _;

/// The error kinds of a component: `ClockReceiver` -> `ClockReceiverKind`.
pub(crate) fn kind_enum(component: &Ident) -> Ident {
    format_ident!("{}Kind", component.unraw(), span = component.span())
}

/// A variant for a word: `not_found` -> `NotFound`. The word keeps its place.
pub(crate) fn variant(word: &str, span: Span) -> Ident {
    Ident::new(&pascal(word), span)
}

/// The type that stands for a field: `peak_window` -> `__PeakWindow`. Items are not
/// hygienic, but these live in a constant of their own; a type of this name that the author
/// has would have to be a field's type to be mistaken for it.
pub(crate) fn member(field: &Ident) -> Ident {
    format_ident!("__{}", pascal(&field.unraw().to_string()), span = Span::mixed_site())
}

/// The local variable that holds a field while it is read.
pub(crate) fn slot(field: &Ident) -> Ident {
    format_ident!("{}_slot", field.unraw(), span = Span::mixed_site())
}

/// The local variable that holds the value of a field, underlined as `place` is.
pub(crate) fn value(field: &Ident, place: Span) -> Ident {
    format_ident!("{}_value", field.unraw(), span = Span::mixed_site().located_at(place))
}

/// The function that applies a rule, a chooser or a claim to fields.
pub(crate) fn call(what: &str, index: usize) -> Ident {
    format_ident!("__{what}_{index}", span = Span::mixed_site())
}

fn pascal(word: &str) -> String {
    word.split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect()
}

/// `NotFound` -> `not_found`: how an operator writes a variant.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && !chars[i - 1].is_uppercase();
        let before_lower = i > 0 && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{pascal, snake};

    #[test]
    fn words_and_variants() {
        assert_eq!(pascal("not_found"), "NotFound");
        assert_eq!(pascal("io"), "Io");
        for (variant, word) in [
            ("Table", "table"),
            ("JsonLines", "json_lines"),
            ("HTTPServer", "http_server"),
            ("Sha256", "sha256"),
        ] {
            assert_eq!(snake(variant), word);
        }
    }
}
