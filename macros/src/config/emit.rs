// SPDX-License-Identifier: Apache-2.0
//! Everything that is written for a config struct, and the impls of `Value` and `Config`.
//!
//! It all stands in one anonymous constant, so that the names that are invented meet nobody
//! else's.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::{Call, Claims, Config, Rust};
use super::{declaration, decode, default, member};
use crate::names;
use crate::report::all_of;

/// Everything.
pub(super) fn config(config: &Config) -> TokenStream {
    let members = config.fields.iter().map(|field| member::member(config, field));
    let calls = calls(config);
    let value = value(config);
    let fields = fields(config);
    let default = default::default(config);
    let declaration = declaration::declaration(config);
    quote! {
        const _: () = {
            #(#members)*
            #calls
            #value
            #fields
            #default
            #declaration
        };
    }
}

/// The author's functions, each called in one place, so that one which does not fit is one
/// error.
fn calls(config: &Config) -> TokenStream {
    let rules = config.rules.iter().enumerate().map(|(index, rule)| {
        let returns = quote!(::core::result::Result<(), ::std::string::String>);
        call(config, &names::call("rule", index), rule, &returns)
    });
    let component = config.component.as_ref();
    let rust = component.and_then(|component| match &component.rust {
        Some(Rust::Choice(choice)) => {
            Some(call(config, &names::call("rust", 0), choice, &quote!(&'static str)))
        }
        _ => None,
    });
    let note = |what: &str, note: Option<&Claims>| match note {
        Some(Claims::Choice(choice)) => {
            let returns = quote!(::core::option::Option<&'static str>);
            Some(call(config, &names::call(what, 0), choice, &returns))
        }
        _ => None,
    };
    let claims = note("claims", component.and_then(|component| component.claims.as_ref()));
    let loads = note("loads", component.and_then(|component| component.loads.as_ref()));
    let page = note("page", component.and_then(|component| component.page.as_ref()));
    let no_metrics = note("no_metrics", component.and_then(|component| component.no_metrics.as_ref()));
    let no_logs = note("no_logs", component.and_then(|component| component.no_logs.as_ref()));
    quote!(#(#rules)* #rust #claims #loads #page #no_metrics #no_logs)
}

fn call(config: &Config, name: &syn::Ident, call: &Call, returns: &TokenStream) -> TokenStream {
    let values: Vec<_> = call.fields.iter().map(|field| names::value(field, field.span())).collect();
    let types = call.fields.iter().filter_map(|name| config.field(name)).map(|field| &field.ty);
    let path = &call.path;
    let last = path.segments.last().map_or_else(|| path.span(), syn::spanned::Spanned::span);
    let body = quote_spanned!(last=> (#(#values),*));
    quote! {
        #[allow(
            clippy::ptr_arg,
            clippy::ref_option,
            clippy::trivially_copy_pass_by_ref,
            reason = "fields are lent as they are"
        )]
        fn #name(#(#values: &#types),*) -> #returns {
            #path #body
        }
    }
}

fn value(config: &Config) -> TokenStream {
    let Config { krate: k, ident, help, fields, rules, .. } = config;
    let decode = decode::decode(config);
    let keys: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
    let markers: Vec<_> = fields.iter().map(|field| names::member(&field.ident)).collect();
    let expected = match keys.as_slice() {
        [] => "an empty map".to_owned(),
        keys => format!("a map with {}", all_of(keys.iter().copied())),
    };
    let rules = rules.iter().enumerate().map(|(index, rule)| {
        let name = names::call("rule", index);
        let fields = &rule.fields;
        quote!(#k::private::broken(#name(#(&self.#fields),*), path, found);)
    });
    let (text, path, found) = match markers.as_slice() {
        [] => (quote!(_), quote!(_), quote!(_)),
        _ => (quote!(text), quote!(path), quote!(found)),
    };
    let rust_names = fields.iter().map(|field| field.ident.to_string());
    let name = ident.to_string();
    let tell_default = (!markers.is_empty()).then(|| {
        quote! {
            fn tell_default(&self, place: #k::Span, cx: &mut #k::Decoder<'_>) {
                #(#k::private::tell_default::<#markers>(self, place, cx);)*
            }
        }
    });
    let show = match markers.as_slice() {
        [] => quote!(::std::borrow::ToOwned::to_owned("{}")),
        _ => quote!(::std::format!("{{{}}}", [#(#k::private::show::<#markers>(self)),*].join(", "))),
    };
    quote! {
        #[automatically_derived]
        impl #k::Value for #ident {
            fn expected() -> ::std::string::String {
                ::std::borrow::ToOwned::to_owned(#expected)
            }
            #decode
            fn check_text(path: &[&str], #text: &str) -> ::core::result::Result<(), #k::Invalid> {
                match path {
                    #([#keys, rest @ ..] => #k::private::check_text::<#markers>(rest, text),)*
                    _ => ::core::result::Result::Err(#k::Invalid::because("not one value")),
                }
            }
            fn violations(&self, #path: &str, #found: &mut ::std::vec::Vec<#k::Violation>) {
                #(#k::private::violations::<#markers>(self, path, found);)*
                #(#rules)*
            }
            fn nested() -> ::std::vec::Vec<#k::Field> {
                <Self as #k::Config>::fields()
            }
            fn json_schema() -> #k::private::serde_json::Value {
                #k::private::ObjectSchema::new()#(.member::<#markers>())*.finish(#help)
            }
            fn show(&self) -> ::std::string::String {
                #show
            }
            fn to_literal(&self) -> #k::Literal {
                #k::Literal::Struct {
                    name: #name,
                    fields: ::std::vec![#((#rust_names, #k::private::literal::<#markers>(self))),*],
                    defaults: false,
                }
            }
            #tell_default
        }
    }
}

fn fields(config: &Config) -> TokenStream {
    let Config { krate: k, ident, .. } = config;
    let markers = config.fields.iter().map(|field| names::member(&field.ident).into_token_stream());
    quote! {
        #[automatically_derived]
        impl #k::Config for #ident {
            fn fields() -> ::std::vec::Vec<#k::Field> {
                ::std::vec![#(#k::private::describe::<#markers>()),*]
            }
        }
    }
}
