// SPDX-License-Identifier: Apache-2.0
//! From the attribute's arguments and the item's header to the model. What the item has inside
//! is not looked at.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput};

use super::kinds::kinds;
use super::model::{Component, Config};
use super::roles::Role;
use crate::args::{Args, PathArg};
use crate::report::Report;

/// Reads a component; `None` if the item is none.
pub(super) fn component(
    role: &'static Role,
    args: TokenStream,
    item: &TokenStream,
    report: &mut Report,
) -> Option<Component> {
    let Ok(DeriveInput { attrs, vis, ident, generics, data }) = syn::parse2(item.clone()) else {
        let message = format!("{} belongs on a struct: `{}`", role.accepted.place, role.usage);
        report.at(item, message);
        return None;
    };
    if let Data::Union(data) = &data {
        report.at(data.union_token, format!("{} belongs on a struct: `{}`", role.accepted.place, role.usage));
    }
    if !generics.params.is_empty() {
        let message =
            format!("{} has no type parameters and no lifetimes: generated code names its type", role.a);
        report.at(&generics, message);
    }
    let args = role.accepted.macro_args(args, report);
    let krate = args.krate(quote!(::tracecore_runtime), report);
    Some(Component {
        role,
        door: quote!(#krate::private),
        config: config(role, &args),
        metrics: args.get("metrics").and_then(|arg| arg.value(report)),
        kinds: kinds(role, &args, &ident, report),
        mode: mode(role, &args, report),
        cfgs: attrs.into_iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
        vis,
        ident,
        generics,
    })
}

fn config(role: &Role, args: &Args) -> Config {
    let Some(arg) = args.get("config") else {
        let message = format!("{} lacks `config`: `{}`", role.accepted.place, role.usage);
        return Config::Missing { place: Span::call_site(), message };
    };
    // Nothing is reported here: the error stands in the type's place.
    match arg.value::<PathArg>(&mut Report::default()) {
        Some(path) => Config::Type(path.0),
        None => Config::Missing {
            place: arg.place(),
            message: format!("`config` takes the path of a type: `{}`", role.usage),
        },
    }
}

fn mode(role: &Role, args: &Args, report: &mut Report) -> Option<&'static str> {
    match (args.get("stream"), args.get("page")) {
        (Some(stream), Some(page)) => {
            stream.word(report);
            report.at(&page.name, "an exporter is a `stream` of frames or a `page` that is shown, not both");
            Some("StreamMode")
        }
        (Some(stream), None) => stream.word(report).then_some("StreamMode"),
        (None, Some(page)) => page.word(report).then_some("PageMode"),
        (None, None) => {
            if role.name == "exporter" {
                report.here(
                    Span::call_site(),
                    "`#[exporter]` does not say how it works\naccepted: `stream` (frames of bytes, delivered) or `page` (state, shown to whoever asks)",
                );
            }
            None
        }
    }
}
