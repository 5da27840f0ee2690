// SPDX-License-Identifier: Apache-2.0
//! `Value::decode` of a config struct: every field is read before anything is given up, so
//! that one component shows all its mistakes.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use super::model::{Call, Claims, Config, Rust};
use crate::names;

/// The function.
pub(super) fn decode(config: &Config) -> TokenStream {
    let Config { krate: k, ident, fields, .. } = config;
    let keys = fields.iter().map(|field| &field.key);
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let markers = idents.iter().map(|ident| names::member(ident));
    let slots: Vec<_> = idents.iter().map(|ident| names::slot(ident)).collect();
    let rules = config.rules.iter().enumerate().map(|(index, rule)| self::rule(config, index, rule));
    let choices = choices(config);
    let failed = match slots.as_slice() {
        [] => quote!(false),
        slots => quote!(#(#slots.failed())||*),
    };
    let literals = literals(config);
    let value = whole(config);
    let name = ident.to_string();
    // What has every field written needs no default for the rest.
    let defaults = match config.has_default() {
        true => {
            let known = fields.len();
            quote!(literals.len() < #known)
        }
        false => quote!(false),
    };
    let reader = if fields.is_empty() && config.component.is_none() { quote!(_) } else { quote!(mut reader) };
    quote! {
        fn decode(
            node: &#k::Node,
            cx: &mut #k::Decoder<'_>,
        ) -> ::core::option::Option<#k::Decoded<Self>> {
            let #reader = #k::private::fields(node, cx, &<Self as #k::Value>::expected(), &[#(#keys),*])?;
            #(let mut #slots = reader.member::<#markers>();)*
            let failed = #failed;
            #(#rules)*
            #choices
            if failed {
                return ::core::option::Option::None;
            }
            #literals
            let value = #value;
            let literal = #k::Literal::Struct { name: #name, defaults: #defaults, fields: literals };
            ::core::option::Option::Some(#k::Decoded { value, literal })
        }
    }
}

fn rule(config: &Config, index: usize, rule: &Call) -> TokenStream {
    let keys = rule.fields.iter().filter_map(|name| config.field(name)).map(|field| &field.key);
    let slots: Vec<_> = rule.fields.iter().map(names::slot).collect();
    let patterns = patterns(config, &rule.fields);
    let values = rule.fields.iter().map(|field| names::value(field, Span::mixed_site()));
    let name = names::call("rule", index);
    quote! {
        let violated = match (#(&#slots.value,)*) {
            (#(#patterns,)*) => ::core::option::Option::Some(#name(#(#values),*)),
            _ => ::core::option::Option::None,
        };
        let failed = !reader.rule(&[#(#keys),*], &[#(#slots.span()),*], violated) || failed;
    }
}

/// The choice of the Rust type, what is claimed, loaded and refused: by known fields, or not at all.
fn choices(config: &Config) -> Option<TokenStream> {
    let component = config.component.as_ref()?;
    let with = |call: &Call, then: TokenStream| {
        let slots = call.fields.iter().map(names::slot);
        let patterns = patterns(config, &call.fields);
        quote! {
            if let (#(#patterns,)*) = (#(&#slots.value,)*) {
                #then
            }
        }
    };
    let values = |call: &Call| -> Vec<Ident> {
        call.fields.iter().map(|field| names::value(field, Span::mixed_site())).collect()
    };
    let rust = component.rust.as_ref().map(|rust| match rust {
        Rust::Type(ident) => {
            let name = ident.to_string();
            quote!(reader.rust_type(#name);)
        }
        Rust::Choice(call) => {
            let (name, values) = (names::call("rust", 0), values(call));
            with(call, quote!(reader.rust_type(#name(#(#values),*));))
        }
    });
    let note = |what: &'static str, method: &'static str, note: Option<&Claims>| {
        let method = Ident::new(method, Span::call_site());
        note.map(|note| match note {
            Claims::Text(text) => quote!(reader.#method(#text);),
            Claims::Choice(call) => {
                let (name, values) = (names::call(what, 0), values(call));
                let then = quote! {
                    if let ::core::option::Option::Some(what) = #name(#(#values),*) {
                        reader.#method(what);
                    }
                };
                with(call, then)
            }
        })
    };
    let claims = note("claims", "claim", component.claims.as_ref());
    let loads = note("loads", "loads_library", component.loads.as_ref());
    let page = note("page", "page", component.page.as_ref());
    let no_metrics = note("no_metrics", "refuses_metrics", component.no_metrics.as_ref());
    let no_logs = note("no_logs", "refuses_logs", component.no_logs.as_ref());
    Some(quote!(#rust #claims #loads #page #no_metrics #no_logs))
}

/// `Some(interval_value)` for each field, and through the wrapper of one that serde reads.
fn patterns(config: &Config, fields: &[Ident]) -> Vec<TokenStream> {
    let Config { krate: k, .. } = config;
    let pattern = |name: &Ident| {
        let value = names::value(name, Span::mixed_site());
        match config.field(name).is_some_and(|field| field.serde.is_some()) {
            true => quote!(::core::option::Option::Some(#k::private::Serde(#value))),
            false => quote!(::core::option::Option::Some(#value)),
        }
    };
    fields.iter().map(pattern).collect()
}

fn literals(config: &Config) -> TokenStream {
    let Config { fields, .. } = config;
    if fields.is_empty() {
        return quote!(let literals = ::std::vec::Vec::new(););
    }
    let defaults = config.has_default();
    let writes = fields.iter().map(|field| {
        let (slot, name) = (names::slot(&field.ident), field.ident.to_string());
        quote!(#slot.write(#name, #defaults, &mut literals);)
    });
    quote! {
        let mut literals = ::std::vec::Vec::new();
        #(#writes)*
    }
}

/// The value, if every field of it is known.
fn whole(config: &Config) -> TokenStream {
    let idents: Vec<_> = config.fields.iter().map(|field| field.ident.clone()).collect();
    if idents.is_empty() {
        return quote!(::core::option::Option::Some(Self {}));
    }
    let slots = idents.iter().map(names::slot);
    let patterns = patterns(config, &idents);
    let values = idents.iter().map(|ident| names::value(ident, Span::mixed_site()));
    quote! {
        match (#(#slots.value,)*) {
            (#(#patterns,)*) => ::core::option::Option::Some(Self { #(#idents: #values),* }),
            _ => ::core::option::Option::None,
        }
    }
}
