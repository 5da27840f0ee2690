// SPDX-License-Identifier: Apache-2.0
//! `#[derive(MetricSet)]`: a static descriptor per field, and the typed handles.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, LitStr, Type};

use crate::args::{Accepted, accept, krate, of_attributes};
use crate::item::doc;
use crate::report::Report;

const ON_STRUCT: Accepted<'_> =
    Accepted { names: &["crate"], repeatable: &[], place: "`#[metric(..)]` on a struct" };
const ON_FIELD: Accepted<'_> =
    Accepted { names: &["name", "unit", "attributes"], repeatable: &[], place: "`#[metric(..)]` on a field" };

struct Metric {
    ident: Ident,
    ty: Type,
    help: String,
    name: LitStr,
    unit: LitStr,
    attributes: Vec<LitStr>,
}

/// The whole derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
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

fn expand(item: &DeriveInput, report: &mut Report) -> TokenStream {
    let args = accept(of_attributes(&item.attrs, "metric", report), &ON_STRUCT, report);
    let k = krate(&args, "::tracecore_schema", report);
    let metrics = metrics(item, report);
    emit(&k, &item.ident, &metrics)
}

fn metrics(item: &DeriveInput, report: &mut Report) -> Vec<Metric> {
    const WANTED: &str =
        "a metric set is a struct with named fields, each of them a Gauge, Counter or UpDownCounter";
    let Data::Struct(data) = &item.data else {
        report.at(&item.ident, WANTED);
        return Vec::new();
    };
    let Fields::Named(fields) = &data.fields else {
        report.at(&item.ident, WANTED);
        return Vec::new();
    };
    fields.named.iter().filter_map(|field| metric(field, report)).collect()
}

fn metric(field: &syn::Field, report: &mut Report) -> Option<Metric> {
    let ident = field.ident.clone()?;
    let placeholder = || LitStr::new("", ident.span());
    let mut metric = Metric {
        ty: field.ty.clone(),
        help: doc(&field.attrs),
        name: placeholder(),
        unit: placeholder(),
        attributes: Vec::new(),
        ident: ident.clone(),
    };
    for arg in accept(of_attributes(&field.attrs, "metric", report), &ON_FIELD, report) {
        match arg.key().as_str() {
            "name" => {
                metric.name = arg.value("name = \"hw.gpu.utilization\"", report).unwrap_or_else(placeholder);
            }
            "unit" => metric.unit = arg.value("unit = \"By\"", report).unwrap_or_else(placeholder),
            _ => {
                metric.attributes =
                    arg.list("attributes(\"hw.id\", \"hw.name\")", report).unwrap_or_default();
            }
        }
    }
    Some(metric)
}

fn emit(k: &TokenStream, ident: &Ident, metrics: &[Metric]) -> TokenStream {
    let rows = metrics.iter().map(|metric| {
        let Metric { ty, help, name, unit, attributes, .. } = metric;
        let instrument = quote_spanned!(ty.span()=> <#ty as #k::Family>::INSTRUMENT);
        let number = quote_spanned!(ty.span()=> <<#ty as #k::Family>::Number as #k::Number>::KIND);
        quote! {
            #k::Descriptor {
                name: #name,
                unit: #unit,
                description: #help,
                instrument: #instrument,
                number: #number,
                attributes: &[#(#attributes),*],
            }
        }
    });
    let handles = metrics.iter().enumerate().map(|(index, metric)| {
        let Metric { ident, ty, .. } = metric;
        quote_spanned!(ty.span()=> #ident: #k::Family::of(&Self::DESCRIPTORS[#index]))
    });
    quote! {
        #[automatically_derived]
        impl #k::MetricSet for #ident {
            const DESCRIPTORS: &'static [#k::Descriptor] = {
                static DESCRIPTORS: &[#k::Descriptor] = &[#(#rows),*];
                DESCRIPTORS
            };
            fn handles() -> Self {
                Self { #(#handles),* }
            }
        }
    }
}
