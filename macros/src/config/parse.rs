// SPDX-License-Identifier: Apache-2.0
//! From a struct and its `#[config(..)]` to the model.

use proc_macro2::Ident;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Fields, LitStr, Path, Token};

use super::field::field;
use super::model::{Call, Claims, Component, Config, Role, Rust};
use crate::args::{Accepted, Args};
use crate::item::doc;
use crate::report::{Report, did_you_mean, one_of};
use crate::words::SIGNALS;

/// What `#[config(..)]` on a struct accepts.
pub(super) const ACCEPTED: Accepted = Accepted {
    place: "`#[config(..)]` on a struct",
    args: &[
        ("receiver", "receiver = \"kind\""),
        ("processor", "processor = \"kind\""),
        ("exporter", "exporter = \"kind\""),
        ("signal", "signal = metrics"),
        ("signals", "signals(metrics, logs)"),
        ("metrics", "metrics = Metrics"),
        ("rust", "rust = Type` or `rust = choose(field)"),
        ("rule", "rule(check(field, other_field))"),
        ("claims", "claims = \"the standard output\"` or `claims = choose(field)"),
        ("loads_library", "loads_library = \"libnvidia-ml.so.1\"` or `loads_library = choose(field)"),
        ("page", "page = \"a page for Prometheus\"` or `page = choose(field)"),
        ("no_metrics", "no_metrics = why(field)"),
        ("no_logs", "no_logs = why(field)"),
        ("crate", "crate = path::to::tracecore_schema"),
    ],
    repeatable: &["rule"],
    elsewhere: &[(
        &["default", "min", "max", "fixed", "serde"],
        "on a field: `#[config(default = \"1s\")] interval: Duration`",
    )],
};

/// The arguments that only the declaration of a component has.
const OF_A_COMPONENT: [&str; 9] =
    ["signal", "signals", "metrics", "rust", "claims", "loads_library", "page", "no_metrics", "no_logs"];

/// Reads a config struct; `None` if it is no struct with named fields or is generic.
pub(super) fn config(item: &DeriveInput, report: &mut Report) -> Option<Config> {
    let named = named(item, report)?;
    let args = ACCEPTED.attributes(&item.attrs, "config", report);
    Some(Config {
        krate: args.krate(quote!(::tracecore_schema), report),
        ident: item.ident.clone(),
        help: doc(&item.attrs),
        fields: named.iter().filter_map(|f| field(f, report)).collect(),
        rules: args.all("rule").flat_map(|arg| arg.list::<Call>(report)).collect(),
        component: component(&args, item, report),
    })
}

fn named<'a>(item: &'a DeriveInput, report: &mut Report) -> Option<&'a Punctuated<syn::Field, Token![,]>> {
    const WANTED: &str = "a config is a struct with named fields: each is a key that an operator may write";
    if !item.generics.params.is_empty() {
        report.at(
            &item.generics,
            "a config has no type parameters and no lifetimes: generated code names its type",
        );
        return None;
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(&fields.named),
            Fields::Unnamed(fields) => report.at(fields, WANTED),
            Fields::Unit => {
                report.at(&item.ident, format!("{WANTED}\nwithout any, write `struct {} {{}}`", item.ident));
            }
        },
        Data::Enum(data) => report.at(
            data.enum_token,
            format!("{WANTED}\nan enum whose variants have no fields is a value: #[derive(ConfigValue)]"),
        ),
        Data::Union(data) => report.at(data.union_token, WANTED),
    }
    None
}

/// Reads what makes the config a component's declaration.
pub(super) fn component(args: &Args, item: &DeriveInput, report: &mut Report) -> Option<Component> {
    let mut roles = Role::ALL.into_iter().filter_map(|role| args.get(role.name()).map(|arg| (role, arg)));
    let Some((role, named)) = roles.next() else {
        for arg in args.iter().filter(|arg| OF_A_COMPONENT.contains(&arg.key().as_str())) {
            let message = format!(
                "`{}` belongs to the declaration of a component\n\
                 accepted with `receiver = \"kind\"`, `processor = \"kind\"` or `exporter = \"kind\"`",
                arg.key()
            );
            report.at(&arg.name, message);
        }
        return None;
    };
    for (other, arg) in roles {
        let (role, other) = (role.name(), other.name());
        report
            .at(&arg.name, format!("a config declares one component: it is `{role}` or `{other}`, not both"));
    }
    let kind: Option<LitStr> = named.value(report);
    let metrics = args.get("metrics");
    if let Some(arg) = metrics.filter(|_| role != Role::Receiver) {
        report.at(arg.tokens(), format!("only a receiver has `metrics`: {} declares none", article(role)));
    }
    let rust = match args.get("rust") {
        Some(arg) => arg.value(report),
        None => {
            let message = format!(
                "`{} = ..` lacks the component's Rust type\naccepted: `rust = Type`, or `rust = choose(field)` with fields that are `fixed`",
                role.name()
            );
            report.at(named.tokens(), message);
            None
        }
    };
    let signals = signals(args, report).unwrap_or_else(|| {
        let message = format!(
            "`{} = ..` lacks its signals\naccepted: `signal = metrics`, `signals(metrics, logs)`",
            role.name()
        );
        report.at(named.tokens(), message);
        Vec::new()
    });
    Some(Component {
        role,
        kind: kind.unwrap_or_else(|| LitStr::new("unknown", item.ident.span())),
        signals,
        metrics: metrics.filter(|_| role == Role::Receiver).and_then(|arg| arg.value(report)),
        rust,
        claims: args.get("claims").and_then(|arg| arg.value(report)),
        loads: args.get("loads_library").and_then(|arg| arg.value(report)),
        page: args.get("page").and_then(|arg| arg.value(report)),
        no_metrics: args.get("no_metrics").and_then(|arg| arg.value(report)),
        no_logs: args.get("no_logs").and_then(|arg| arg.value(report)),
    })
}

const fn article(role: Role) -> &'static str {
    match role {
        Role::Receiver => "a receiver",
        Role::Processor => "a processor",
        Role::Exporter => "an exporter",
    }
}

/// The known signals; `None` if no argument names any.
fn signals(args: &Args, report: &mut Report) -> Option<Vec<Ident>> {
    let mut signals: Vec<Ident> = match (args.get("signal"), args.get("signals")) {
        (None, None) => return None,
        (Some(_), Some(arg)) => {
            report.at(&arg.name, "the signals are named by `signal = ..` or by `signals(..)`, not both");
            return Some(Vec::new());
        }
        (Some(arg), None) => arg.value(report).into_iter().collect(),
        (None, Some(arg)) => arg.list(report),
    };
    let mut seen: Vec<Ident> = Vec::new();
    signals.retain(|signal| {
        let name = signal.to_string();
        let known = SIGNALS.contains(&name.as_str());
        if !known {
            let near = did_you_mean(&name, SIGNALS.iter().copied());
            let accepted = one_of(SIGNALS.iter().copied());
            report.at(signal, format!("there is no signal `{name}`{near}\naccepted: {accepted}"));
        } else if seen.contains(signal) {
            report.at(signal, format!("the signal `{name}` is named twice"));
            return false;
        }
        seen.push(signal.clone());
        known
    });
    Some(signals)
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        let fields;
        syn::parenthesized!(fields in input);
        let fields = fields.parse_terminated(Ident::parse, Token![,])?;
        if fields.is_empty() {
            return Err(input.error("no fields"));
        }
        Ok(Self { path, fields: fields.into_iter().collect() })
    }
}

impl Parse for Rust {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let fork = input.fork();
        if fork.parse::<Call>().is_ok() && fork.is_empty() {
            return input.parse().map(Self::Choice);
        }
        input.parse().map(Self::Type)
    }
}

impl Parse for Claims {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        input.parse().map(Self::Choice)
    }
}
