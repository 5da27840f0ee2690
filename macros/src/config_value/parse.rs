// SPDX-License-Identifier: Apache-2.0
//! From an enum and its `#[config(..)]` to what an operator may write.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, LitStr};

use crate::args::Accepted;
use crate::item::doc;
use crate::names;
use crate::report::Report;

const ON_ENUM: Accepted = Accepted {
    place: "`#[config(..)]` on a config value",
    args: &[("crate", "crate = path::to::tracecore_schema")],
    repeatable: &[],
    elsewhere: &[],
};

const ON_VARIANT: Accepted = Accepted {
    place: "`#[config(..)]` on a variant",
    args: &[("name", "name = \"json\"")],
    repeatable: &[],
    elsewhere: &[],
};

/// One variant.
pub(super) struct Variant {
    /// Its identifier.
    pub ident: Ident,
    /// What an operator writes.
    pub name: String,
    /// The doc comment.
    pub help: String,
}

/// The path of the schema crate.
pub(super) fn krate(item: &DeriveInput, report: &mut Report) -> TokenStream {
    ON_ENUM.attributes(&item.attrs, "config", report).krate(quote!(::tracecore_schema), report)
}

/// The variants; `None` if there are none to speak of.
pub(super) fn variants(item: &DeriveInput, report: &mut Report) -> Option<Vec<Variant>> {
    const WANTED: &str = "a config value is an enum whose variants have no fields";
    let data = match &item.data {
        Data::Enum(data) if item.generics.params.is_empty() => data,
        Data::Enum(_) => {
            report.at(&item.generics, format!("{WANTED}: it has no use for parameters"));
            return None;
        }
        Data::Struct(data) => {
            let message = format!("{WANTED}\na struct with named fields is a config: #[derive(Config)]");
            report.at(data.struct_token, message);
            return None;
        }
        Data::Union(data) => {
            report.at(data.union_token, WANTED);
            return None;
        }
    };
    if data.variants.is_empty() {
        report.at(&item.ident, format!("{WANTED}, one at least"));
        return None;
    }
    let mut variants: Vec<Variant> = Vec::new();
    let mut whole = true;
    for variant in &data.variants {
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            report.at(&variant.fields, WANTED);
            whole = false;
            continue;
        }
        let args = ON_VARIANT.attributes(&variant.attrs, "config", report);
        let given = args.get("name").and_then(|arg| arg.value::<LitStr>(report));
        let (name, place) = match &given {
            Some(name) => (name.value(), name.to_token_stream()),
            None => (names::snake(&ident.unraw().to_string()), ident.to_token_stream()),
        };
        if let Some(other) = variants.iter().find(|other| other.name == name) {
            report.at(place, format!("`{name}` is also what `{}` is called", other.ident));
        } else if let Err(why) = word(&name) {
            report.at(place, format!("`{name}` cannot be written for `{ident}`: {why}"));
        }
        variants.push(Variant { ident: ident.clone(), name, help: doc(&variant.attrs) });
    }
    whole.then_some(variants)
}

/// Whether an operator can write this without quotes and without a second thought.
fn word(name: &str) -> Result<(), String> {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.'));
    match name {
        "true" | "false" | "null" => Err(format!("YAML reads `{name}` as something else than text")),
        _ if fits => Ok(()),
        _ => {
            Err("a name has lower-case letters, digits, `_`, `-` and `.`, and starts with a letter"
                .to_owned())
        }
    }
}
