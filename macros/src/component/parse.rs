// SPDX-License-Identifier: Apache-2.0
//! From the attribute's arguments and the struct's header to the model. The struct's body is
//! not looked at.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::DeriveInput;

use super::kinds::kinds;
use super::model::{Component, RoleWords};
use crate::args::{Accepted, PathArg, accept, krate, read};
use crate::report::Report;

/// Reads a component; `None` if the item is none.
pub(super) fn component<'a>(
    role: &'a RoleWords,
    args: TokenStream,
    item: &TokenStream,
    report: &mut Report,
) -> Option<Component<'a>> {
    let place = format!("`#[{}]`", role.name);
    let accepted = Accepted { names: role.args, repeatable: &[], place: &place };
    let args = accept(read(args, report), &accepted, report);
    let Ok(DeriveInput { vis, ident, generics, .. }) = syn::parse2(item.clone()) else {
        report.at(item.clone(), format!("{place} belongs on a struct: {}", role.usage));
        return None;
    };
    if !generics.params.is_empty() {
        report.at(
            &generics,
            format!("{} has no type parameters and no lifetimes: the build names it by its path", role.a),
        );
    }
    let find = |name: &str| args.iter().find(|arg| arg.key() == name);
    let krate = krate(&args, "::tracecore_runtime", report);
    let config = match find("config") {
        Some(arg) => arg.value::<PathArg>("config = Config", report).map(|path| path.0.to_token_stream()),
        None => {
            let message = format!("{place} lacks `config`: {}", role.usage);
            Some(quote_spanned!(proc_macro2::Span::call_site()=> ::core::compile_error! { #message }))
        }
    };
    let metrics = find("metrics").and_then(|arg| arg.value("metrics = Metrics", report));
    let kinds = kinds(role, find("errors"), &ident, report);
    let mode = match (find("stream"), find("page")) {
        (Some(_), _) => Some("StreamMode"),
        (None, Some(_)) => Some("PageMode"),
        (None, None) => None,
    };
    Some(Component {
        role,
        door: quote!(#krate::private),
        vis,
        ident,
        generics,
        config: config?,
        metrics,
        kinds,
        mode,
    })
}
