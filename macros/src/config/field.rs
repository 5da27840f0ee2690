// SPDX-License-Identifier: Apache-2.0
//! `#[config(..)]` on a field.

use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, Token};

use super::model::{Default, Field, Scalar};
use crate::args::{Accepted, Arg, Form};
use crate::item::doc;
use crate::report::Report;

const ACCEPTED: Accepted = Accepted {
    place: "`#[config(..)]` on a field",
    args: &[
        ("default", "default = \"1s\""),
        ("min", "min = \"1ms\""),
        ("max", "max = \"1h\""),
        ("fixed", "fixed"),
        ("serde", "serde"),
    ],
    repeatable: &[],
    elsewhere: &[(
        &[
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
            "no_metrics",
            "no_logs",
            "crate",
        ],
        "on the struct: `#[config(receiver = \"kind\", ..)] struct ..`",
    )],
};

/// Reads one field.
pub(super) fn field(field: &syn::Field, report: &mut Report) -> Option<Field> {
    let ident = field.ident.clone()?;
    let args = ACCEPTED.attributes(&field.attrs, "config", report);
    Some(Field {
        key: ident.unraw().to_string(),
        ident,
        ty: field.ty.clone(),
        help: doc(&field.attrs),
        fixed: args.get("fixed").is_some_and(|arg| arg.word(report)),
        serde: args.get("serde").filter(|arg| arg.word(report)).map(|arg| arg.name.clone()),
        default: args.get("default").map_or(Default::None, |arg| default(arg, report)),
        min: args.get("min").and_then(|arg| arg.value(report)),
        max: args.get("max").and_then(|arg| arg.value(report)),
    })
}

fn default(arg: &Arg, report: &mut Report) -> Default {
    match arg.form {
        Form::Word => Default::Trait,
        _ => arg.value(report).map_or(Default::Wrong, Default::Text),
    }
}

impl Parse for Scalar {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let minus: Option<Token![-]> = input.parse()?;
        let lit: Lit = input.parse()?;
        let sign = if minus.is_some() { "-" } else { "" };
        let text = match (&lit, &minus) {
            (Lit::Str(text), None) => text.value(),
            (Lit::Bool(flag), None) => flag.value.to_string(),
            (Lit::Int(number), _) if number.suffix().is_empty() => {
                format!("{sign}{}", number.base10_digits())
            }
            (Lit::Float(number), _) if number.suffix().is_empty() => {
                format!("{sign}{}", number.base10_digits())
            }
            _ => return Err(input.error("not a scalar")),
        };
        Ok(Self { text, tokens: quote!(#minus #lit) })
    }
}
