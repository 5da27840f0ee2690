// SPDX-License-Identifier: Apache-2.0
//! What several macros read of an item: its doc comment, its fields, its shape.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Lit, Meta};

/// The doc comment as one text: lines of a paragraph joined, paragraphs kept apart.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for attr in attrs {
        let Meta::NameValue(pair) = &attr.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Expr::Lit(lit) = &pair.value else { continue };
        let Lit::Str(text) = &lit.lit else { continue };
        for line in text.value().split('\n') {
            let line = line.trim();
            match paragraphs.last_mut() {
                _ if line.is_empty() => open = false,
                Some(last) if open => {
                    last.push(' ');
                    last.push_str(line);
                }
                _ => {
                    paragraphs.push(line.to_owned());
                    open = true;
                }
            }
        }
    }
    paragraphs.join("\n\n")
}

/// The generics of an item for stub impls: every type parameter gets `bounds`.
pub(crate) fn bounded(generics: &syn::Generics, bounds: &TokenStream) -> syn::Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.default = None;
        if let Ok(bound) = syn::parse2::<syn::TypeParamBound>(bounds.clone()) {
            parameter.bounds.push(bound);
        }
        parameter.bounds.push(syn::parse_quote!('static));
    }
    generics
}
