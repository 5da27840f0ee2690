// SPDX-License-Identifier: Apache-2.0
//! What several macros read of an item, and the stubs that stand in for an item of the wrong
//! shape.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, DeriveInput, Expr, Generics, Lit, Meta, TypeParamBound};

use crate::report::Report;

/// Runs a derive: parses the item, expands it, and puts the errors before the code.
pub(crate) fn derive(
    item: TokenStream,
    expand: impl FnOnce(&DeriveInput, &mut Report) -> TokenStream,
) -> TokenStream {
    let mut report = Report::default();
    let code = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => expand(&item, &mut report),
        Err(error) => {
            report.syntax(error);
            TokenStream::new()
        }
    };
    let errors = report.into_tokens();
    quote!(#errors #code)
}

/// The doc comment as one text: lines of a paragraph joined, paragraphs kept apart.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for attr in attrs {
        let Meta::NameValue(pair) = &attr.meta else { continue };
        let Expr::Lit(lit) = &pair.value else { continue };
        let (true, Lit::Str(text)) = (pair.path.is_ident("doc"), &lit.lit) else { continue };
        for line in text.value().split('\n').map(str::trim) {
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

/// The generics of an item that was refused for them, each type bounded by what the stub
/// impls need.
pub(crate) fn bounded(generics: &Generics, bounds: &[TypeParamBound]) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.extend(bounds.iter().cloned());
    }
    generics
}

/// The tokens as if the author had written them at `span`, so that whatever is wrong with them
/// is underlined there.
pub(crate) fn respanned(tokens: &TokenStream, span: Span) -> TokenStream {
    let respan = |tree: TokenTree| match tree {
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), respanned(&group.stream(), span));
            new.set_span(group.span().located_at(span));
            TokenTree::Group(new)
        }
        mut tree => {
            tree.set_span(tree.span().located_at(span));
            tree
        }
    };
    tokens.clone().into_iter().map(respan).collect()
}

#[cfg(test)]
mod tests {
    use super::doc;

    #[test]
    fn a_doc_comment_is_paragraphs() {
        let item: syn::DeriveInput = syn::parse_quote! {
            /// One
            /// two.
            ///
            /// Three.
            #[doc = "Four."]
            struct S;
        };
        assert_eq!(doc(&item.attrs), "One two.\n\nThree. Four.");
    }
}
