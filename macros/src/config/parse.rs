// SPDX-License-Identifier: Apache-2.0
//! From a struct and its `#[config(..)]` to the model.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Fields, LitStr, Path, Token, Type};

use super::field::field;
use super::model::{Call, Claims, Component, Config, Role, Rust};
use crate::args::{Accepted, Arg, accept, krate, of_attributes};
use crate::item::doc;
use crate::report::{Report, did_you_mean, one_of};
use crate::words::SIGNALS;

const ACCEPTED: Accepted<'_> = Accepted {
    names: &[
        "receiver",
        "processor",
        "exporter",
        "signal",
        "signals",
        "metrics",
        "rust",
        "rule",
        "claims",
        "loads_library",
        "crate",
    ],
    repeatable: &["rule"],
    place: "`#[config(..)]` on a struct",
};

/// Reads a config struct; `None` if it is no struct with named fields or is generic.
pub(super) fn config(item: &DeriveInput, report: &mut Report) -> Option<Config> {
    let args = accept(of_attributes(&item.attrs, "config", report), &ACCEPTED, report);
    let krate = krate(&args, "::tracecore_schema", report);
    let fields = named(item, report)?;
    let fields = fields.iter().filter_map(|f| field(f, report)).collect();
    let rules = args
        .iter()
        .filter(|arg| arg.key() == "rule")
        .filter_map(|arg| {
            let mut calls = arg.list::<Call>("rule(check(field_a, field_b))", report)?;
            (calls.len() == 1).then(|| calls.remove(0))
        })
        .collect();
    let component = component(&args, item, report);
    Some(Config { krate, ident: item.ident.clone(), help: doc(&item.attrs), fields, rules, component })
}

fn named<'a>(item: &'a DeriveInput, report: &mut Report) -> Option<&'a Punctuated<syn::Field, Token![,]>> {
    const WANTED: &str = "a config is a struct with named fields: each is a key that an operator may write";
    if !item.generics.params.is_empty() {
        report.at(
            &item.generics,
            "a config has no type parameters and no lifetimes: the build names its type in generated code",
        );
        return None;
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(&fields.named),
            Fields::Unnamed(fields) => report.at(fields, WANTED),
            Fields::Unit => {
                report.at(&item.ident, format!("{WANTED}; without any, write `{} {{}}`", item.ident))
            }
        },
        Data::Enum(data) => report.at(
            data.enum_token,
            format!("{WANTED}\nan enum without fields is a config value: #[derive(ConfigValue)]"),
        ),
        Data::Union(data) => report.at(data.union_token, WANTED),
    }
    None
}

fn component(args: &[Arg], item: &DeriveInput, report: &mut Report) -> Option<Component> {
    let find = |name: &str| args.iter().find(|arg| arg.key() == name);
    let mut roles = Role::ALL.into_iter().filter_map(|role| find(role.name()).map(|arg| (role, arg)));
    let (role, named) = roles.next()?;
    let kind = named.value::<LitStr>(&format!("{} = \"kind\"", role.name()), report);
    let kind = kind.unwrap_or_else(|| LitStr::new("unknown", item.ident.span()));
    let signals = signals(args, report);
    let metrics = find("metrics").and_then(|arg| arg.value::<Type>("metrics = Metrics", report));
    let rust = find("rust").and_then(|arg| arg.value::<Rust>("rust = Type", report));
    let claims =
        find("claims").and_then(|arg| arg.value::<Claims>("claims = \"the standard output\"", report));
    let loads = find("loads_library")
        .and_then(|arg| arg.value::<Claims>("loads_library = \"libnvidia-ml.so.1\"", report));
    Some(Component { role, kind, signals, metrics, rust, claims, loads })
}

fn signals(args: &[Arg], report: &mut Report) -> Vec<Ident> {
    let mut signals = Vec::new();
    for arg in args {
        match arg.key().as_str() {
            "signal" => signals.extend(arg.value::<Ident>("signal = metrics", report)),
            "signals" => {
                signals.extend(arg.list::<Ident>("signals(metrics, logs)", report).unwrap_or_default())
            }
            _ => {}
        }
    }
    signals.retain(|signal| {
        let name = signal.to_string();
        let known = SIGNALS.contains(&name.as_str());
        if !known {
            let near = did_you_mean(&name, SIGNALS.iter().copied());
            report.at(
                signal,
                format!("there is no signal `{name}`{near}\naccepted: {}", one_of(SIGNALS.iter().copied())),
            );
        }
        known
    });
    signals
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        let fields;
        syn::parenthesized!(fields in input);
        let fields = fields.parse_terminated(Ident::parse, Token![,])?;
        Ok(Self { path, fields: fields.into_iter().collect() })
    }
}

impl Parse for Rust {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let fork = input.fork();
        if fork.parse::<Call>().is_ok() && fork.is_empty() {
            return input.parse().map(Self::Choice);
        }
        input.call(Path::parse_mod_style).map(Self::Type)
    }
}

impl Parse for Claims {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        // `fn name(field)` reads like the signature it stands for; `fn` may be left out.
        if input.peek(Token![fn]) {
            input.parse::<Token![fn]>()?;
        }
        input.parse().map(Self::Choice)
    }
}
