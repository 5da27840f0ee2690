// SPDX-License-Identifier: Apache-2.0
//! `#[config(..)]` on a field.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Lit, LitStr};

use super::model::{Default, Field};
use crate::args::{Accepted, Arg, Form, accept, of_attributes};
use crate::item::doc;
use crate::report::Report;

const ACCEPTED: Accepted<'_> = Accepted {
    names: &["default", "min", "max", "fixed", "serde"],
    repeatable: &[],
    place: "`#[config(..)]` on a field",
};

/// Reads one field.
pub(super) fn field(field: &syn::Field, report: &mut Report) -> Option<Field> {
    let ident = field.ident.clone()?;
    let mut read = Field {
        key: ident.unraw().to_string(),
        ident,
        ty: field.ty.clone(),
        help: doc(&field.attrs),
        fixed: false,
        serde: false,
        default: Default::None,
        min: None,
        max: None,
    };
    if read.help.is_empty() {
        report.at(
            &read.ident,
            format!(
                "the config field `{}` has no doc comment; an operator reads it as the help text",
                read.key
            ),
        );
    }
    for arg in accept(of_attributes(&field.attrs, "config", report), &ACCEPTED, report) {
        match arg.key().as_str() {
            "default" => read.default = default(&arg, report),
            "min" => read.min = scalar(&arg, "min = \"1ms\"", report),
            "max" => read.max = scalar(&arg, "max = \"1h\"", report),
            "fixed" => {
                arg.word(report);
                read.fixed = true;
            }
            _ => {
                arg.word(report);
                read.serde = true;
            }
        }
    }
    Some(read)
}

fn default(arg: &Arg, report: &mut Report) -> Default {
    if matches!(arg.form, Form::Word) {
        return Default::Trait;
    }
    scalar(arg, "default = \"1s\"", report).map_or(Default::Wrong, Default::Text)
}

/// A literal as the text that an operator would write.
fn scalar(arg: &Arg, usage: &str, report: &mut Report) -> Option<LitStr> {
    let Scalar(text, tokens) = arg.value(usage, report)?;
    Some(LitStr::new(&text, tokens.into_iter().next().map_or_else(|| arg.name.span(), |tree| tree.span())))
}

struct Scalar(String, TokenStream);

impl syn::parse::Parse for Scalar {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let minus: Option<syn::Token![-]> = input.parse()?;
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
        Ok(Self(text, lit.to_token_stream()))
    }
}
