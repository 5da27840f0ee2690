// SPDX-License-Identifier: Apache-2.0
//! Every name that the macros invent.

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

/// The type that stands for a field of a config: `peak_window` -> `PeakWindow`. It lives in an
/// anonymous constant, where it can clash with nothing the author wrote but what it shadows;
/// hence the suffix.
pub(crate) fn member(field: &Ident) -> Ident {
    format_ident!("{}Member__", pascal(&field.unraw().to_string()), span = Span::mixed_site())
}

/// The local variable that holds a field while it is read.
pub(crate) fn slot(field: &Ident) -> Ident {
    format_ident!("slot_{}", field.unraw(), span = Span::mixed_site())
}

/// The local variable that holds the value of a field.
pub(crate) fn value(field: &Ident) -> Ident {
    format_ident!("value_{}", field.unraw(), span = Span::mixed_site())
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
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let before_lower = i > 0 && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}
