// SPDX-License-Identifier: Apache-2.0
//! From a struct and its `#[metric(..)]` to the metrics.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr};

use super::Metric;
use crate::args::{Accepted, Args};
use crate::item::doc;
use crate::report::Report;

const ON_STRUCT: Accepted = Accepted {
    place: "`#[metric(..)]` on a struct",
    args: &[("crate", "crate = path::to::tracecore_schema")],
    repeatable: &[],
    elsewhere: &[],
};

const ON_FIELD: Accepted = Accepted {
    place: "`#[metric(..)]` on a field",
    args: &[
        ("name", "name = \"hw.gpu.utilization\""),
        ("unit", "unit = \"By\""),
        ("attributes", "attributes(\"hw.id\", \"hw.name\")"),
        ("spellings", "spellings = PATH"),
    ],
    repeatable: &[],
    elsewhere: &[],
};

/// The path of the schema crate.
pub(super) fn krate(item: &DeriveInput, report: &mut Report) -> TokenStream {
    ON_STRUCT.attributes(&item.attrs, "metric", report).krate(quote!(::tracecore_schema), report)
}

/// The metrics; `None` if the item is no struct with named fields or is generic.
pub(super) fn metrics(item: &DeriveInput, report: &mut Report) -> Option<Vec<Metric>> {
    const WANTED: &str =
        "a metric set is a struct with named fields, each a `Gauge<N>`, `Counter<N>` or `UpDownCounter<N>`";
    if !item.generics.params.is_empty() {
        report.at(&item.generics, "a metric set has no type parameters and no lifetimes");
        return None;
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return Some(fields.named.iter().filter_map(|field| metric(field, report)).collect());
            }
            Fields::Unnamed(fields) => report.at(fields, WANTED),
            Fields::Unit => report.at(&item.ident, WANTED),
        },
        Data::Enum(data) => report.at(data.enum_token, WANTED),
        Data::Union(data) => report.at(data.union_token, WANTED),
    }
    None
}

fn metric(field: &syn::Field, report: &mut Report) -> Option<Metric> {
    let ident = field.ident.clone()?;
    let has_attribute = field.attrs.iter().any(|attr| attr.path().is_ident("metric"));
    let args = ON_FIELD.attributes(&field.attrs, "metric", report);
    if !has_attribute {
        report.at(
            &ident,
            format!("the metric `{ident}` has neither name nor unit: #[metric(name = \"hw.gpu.utilization\", unit = \"By\")]"),
        );
    }
    let mut required = |name: &str, usage: &str| match args.get(name) {
        Some(arg) => arg.value::<LitStr>(report),
        None => {
            if has_attribute {
                report.at(&ident, format!("the metric `{ident}` has no {name}: #[metric({usage}, ..)]"));
            }
            None
        }
    };
    let (name, unit) = (required("name", "name = \"hw.gpu.utilization\""), required("unit", "unit = \"By\""));
    let attributes = attributes(&args, report);
    let spellings = args.get("spellings").and_then(|arg| arg.value(report));
    let (ty, help) = (field.ty.clone(), doc(&field.attrs));
    let hopeless = is_hopeless(&field.ty);
    Some(Metric { ident, ty, help, name, unit, attributes, spellings, hopeless })
}

/// Whether it is an instrument of a number that rustc refuses in the struct already.
fn is_hopeless(ty: &syn::Type) -> bool {
    const OTHERS: [&str; 13] =
        ["u8", "u16", "u32", "u128", "usize", "i8", "i16", "i32", "i128", "isize", "f32", "bool", "String"];
    let syn::Type::Path(path) = ty else { return false };
    let Some(instrument) = path.path.segments.last() else { return false };
    let syn::PathArguments::AngleBracketed(arguments) = &instrument.arguments else { return false };
    let number = match arguments.args.first() {
        Some(syn::GenericArgument::Type(syn::Type::Path(number))) => number.path.get_ident(),
        _ => None,
    };
    ["Gauge", "Counter", "UpDownCounter"].iter().any(|name| instrument.ident == name)
        && number.is_some_and(|number| OTHERS.iter().any(|other| number == other))
}

fn attributes(args: &Args, report: &mut Report) -> Vec<LitStr> {
    args.get("attributes").map(|arg| arg.list(report)).unwrap_or_default()
}
