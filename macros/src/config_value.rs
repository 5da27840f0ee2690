// SPDX-License-Identifier: Apache-2.0
//! `#[derive(ConfigValue)]`: an enum without fields as a scalar of a pipeline file.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, LitStr};

use crate::args::{Accepted, accept, krate, of_attributes};
use crate::item::doc;
use crate::names;
use crate::report::Report;

const ON_ENUM: Accepted<'_> =
    Accepted { names: &["crate"], repeatable: &[], place: "`#[config(..)]` on a config value" };
const ON_VARIANT: Accepted<'_> =
    Accepted { names: &["name"], repeatable: &[], place: "`#[config(..)]` on a variant" };

struct Variant {
    ident: Ident,
    name: String,
    help: String,
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
    let args = accept(of_attributes(&item.attrs, "config", report), &ON_ENUM, report);
    let k = krate(&args, "::tracecore_schema", report);
    let variants = variants(item, report);
    emit(&k, &item.ident, &variants)
}

fn variants(item: &DeriveInput, report: &mut Report) -> Vec<Variant> {
    const WANTED: &str = "a config value is an enum whose variants have no fields";
    let Data::Enum(data) = &item.data else {
        report
            .at(&item.ident, format!("{WANTED}\na struct with named fields is a config: #[derive(Config)]"));
        return Vec::new();
    };
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            report.at(&variant.fields, WANTED);
        }
        let mut name = names::snake(&variant.ident.unraw().to_string());
        for arg in accept(of_attributes(&variant.attrs, "config", report), &ON_VARIANT, report) {
            if let Some(given) = arg.value::<LitStr>("name = \"json\"", report) {
                name = given.value();
            }
        }
        variants.push(Variant { ident: variant.ident.clone(), name, help: doc(&variant.attrs) });
    }
    variants
}

fn emit(k: &TokenStream, ident: &Ident, variants: &[Variant]) -> TokenStream {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let rows = variants.iter().map(|variant| {
        let Variant { name, help, .. } = variant;
        let path = format!("{ident}::{}", variant.ident);
        quote!(#k::private::Variant { name: #name, help: #help, path: #path })
    });
    let indices = 0..variants.len();
    quote! {
        const _: () = {
            const VARIANTS: &[#k::private::Variant] = &[#(#rows),*];
            const VALUES: &[#ident] = &[#(#ident::#idents),*];
            const fn index(value: &#ident) -> usize {
                match value {
                    #(#ident::#idents => #indices,)*
                }
            }
            #[automatically_derived]
            impl #k::Scalar for #ident {
                fn expected() -> ::std::string::String {
                    #k::private::of_variants(VARIANTS)
                }
                fn parse(text: &#k::Text) -> ::core::result::Result<Self, #k::Invalid> {
                    #k::private::parse_variant(text, VARIANTS)
                        .map(|at| ::core::clone::Clone::clone(&VALUES[at]))
                }
                fn literal(&self) -> #k::Literal {
                    #k::Literal::Local(::std::string::String::from(VARIANTS[index(self)].path))
                }
                fn json_schema() -> #k::private::serde_json::Value {
                    #k::private::variants_schema(VARIANTS)
                }
                fn show(&self) -> ::std::string::String {
                    ::std::string::String::from(VARIANTS[index(self)].name)
                }
            }
        };
    }
}
