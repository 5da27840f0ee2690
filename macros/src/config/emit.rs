// SPDX-License-Identifier: Apache-2.0
//! The impls of a config struct: `Member` per field, `Value`, `Config`, `Default`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, LitStr};

use super::declaration;
use super::model::{Claims, Config, Default, Field, Rust};
use crate::names;

/// Everything that is written for a config struct.
pub(super) fn config(config: &Config) -> TokenStream {
    let members = config.fields.iter().map(|field| member(config, field));
    let value = value(config);
    let fields = fields(config);
    let default = config.defaults().then(|| default(config));
    let declaration = declaration::declaration(config);
    quote! {
        const _: () = {
            #(#members)*
            #value
            #fields
            #default
            #declaration
        };
    }
}

fn member(config: &Config, field: &Field) -> TokenStream {
    let Config { krate: k, ident: owner, .. } = config;
    let Field { ident, key, ty, help, fixed, .. } = field;
    let marker = names::member(ident);
    let read = quote_spanned!(ty.span()=> #ty);
    let (default, trait_default) = match &field.default {
        Default::None => (None, None),
        Default::Trait => {
            let call = quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default);
            (Some(call), None::<()>)
        }
        Default::Text(text) => {
            (Some(quote_spanned!(ty.span()=> || #k::private::written::<#ty>(#key, #text))), None)
        }
        Default::Wrong => (Some(quote!(|| ::core::unreachable!())), None),
    };
    let _ = trait_default;
    let default = default.map(|make| {
        quote! {
            const DEFAULT: ::core::option::Option<fn() -> Self::Type> = ::core::option::Option::Some(#make);
        }
    });
    let fixed = fixed.then(|| {
        quote!(
            const FIXED: bool = true;
        )
    });
    let bounds = (field.min.is_some() || field.max.is_some()).then(|| bounds(k, field));
    quote! {
        struct #marker;
        #[automatically_derived]
        impl #k::private::Member for #marker {
            type Owner = #owner;
            type Type = #read;
            const NAME: &'static str = #key;
            const HELP: &'static str = #help;
            #fixed
            #default
            #bounds
            fn with<R>(owner: &#owner, look: impl ::core::ops::FnOnce(&Self::Type) -> R) -> R {
                look(&owner.#ident)
            }
        }
    }
}

fn bounds(k: &TokenStream, field: &Field) -> TokenStream {
    let option = |text: &Option<LitStr>| match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    let (min, max) = (option(&field.min), option(&field.max));
    let check = quote_spanned!(field.ty.span()=> #k::private::bounded::<Self>(value));
    quote! {
        const BOUNDS: #k::private::Bounds = #k::private::Bounds { min: #min, max: #max };
        fn limit(value: &Self::Type) -> ::core::result::Result<(), #k::Invalid> {
            #check
        }
    }
}

fn value(config: &Config) -> TokenStream {
    let Config { krate: k, ident, help, .. } = config;
    let decode = decode(config);
    let keys: Vec<_> = config.fields.iter().map(|field| &field.key).collect();
    let idents: Vec<_> = config.fields.iter().map(|field| &field.ident).collect();
    let rust_names: Vec<_> = idents.iter().map(ToString::to_string).collect();
    let name = ident.to_string();
    let markers: Vec<_> = config.fields.iter().map(|field| names::member(&field.ident)).collect();
    let expected = match keys.as_slice() {
        [] => "nothing: it takes no fields".to_owned(),
        [only] => format!("a map with `{only}`"),
        _ => format!("a map with {}", crate::report::all_of(keys.iter().map(|key| key.as_str()))),
    };
    let rules = config.rules.iter().map(|rule| {
        let path = &rule.path;
        let fields = &rule.fields;
        quote!(#k::private::broken(#path(#(&self.#fields),*), path, found);)
    });
    let show = if markers.is_empty() {
        quote!(::std::string::String::from("{}"))
    } else {
        quote!(::std::format!("{{{}}}", [#(#k::private::show::<#markers>(self)),*].join(", ")))
    };
    let unused = (markers.is_empty() && config.rules.is_empty()).then(|| quote!(let _ = (path, found);));
    let unused_rest = markers.is_empty().then(|| quote!(let _ = text;));
    quote! {
        #[automatically_derived]
        impl #k::Value for #ident {
            fn expected() -> ::std::string::String {
                ::std::string::String::from(#expected)
            }
            #decode
            fn check_text(path: &[&str], text: &str) -> ::core::result::Result<(), #k::Invalid> {
                #unused_rest
                match path {
                    #([#keys, rest @ ..] => #k::private::check_text::<#markers>(rest, text),)*
                    _ => ::core::result::Result::Err(#k::Invalid::because("not one value")),
                }
            }
            fn violations(&self, path: &str, found: &mut ::std::vec::Vec<#k::Violation>) {
                #unused
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
                    fields: ::std::vec![#((#rust_names, #k::Value::to_literal(&self.#idents))),*],
                    defaults: false,
                }
            }
            fn tell_default(&self, place: #k::Span, cx: &mut #k::Decoder<'_>) {
                let _ = (place, &cx);
                #(#k::Value::tell_default(&self.#idents, place, cx);)*
            }
        }
    }
}

fn decode(config: &Config) -> TokenStream {
    let Config { krate: k, ident, .. } = config;
    let keys: Vec<_> = config.fields.iter().map(|field| &field.key).collect();
    let idents: Vec<_> = config.fields.iter().map(|field| &field.ident).collect();
    let rust_names: Vec<_> = idents.iter().map(ToString::to_string).collect();
    let markers: Vec<_> = idents.iter().map(|ident| names::member(ident)).collect();
    let slots: Vec<_> = idents.iter().map(|ident| names::slot(ident)).collect();
    let values: Vec<_> = idents.iter().map(|ident| names::value(ident)).collect();
    let name = ident.to_string();
    let defaults = config.defaults();
    let rules = config.rules.iter().map(|rule| {
        let read: Vec<_> = rule.fields.iter().map(ToString::to_string).collect();
        let slots: Vec<_> = rule.fields.iter().map(names::slot).collect();
        let values: Vec<_> = rule.fields.iter().map(names::value).collect();
        let path = &rule.path;
        quote! {
            let kept = reader.rule(
                &[#(#read),*],
                &[#(#slots.span()),*],
                match (#(&#slots.value,)*) {
                    (#(::core::option::Option::Some(#values),)*) => ::core::option::Option::Some(#path(#(#values),*)),
                    #[allow(unreachable_patterns)]
                    _ => ::core::option::Option::None,
                },
            );
            sound &= kept;
        }
    });
    let choices = config.component.as_ref().map(|component| {
        let rust = component.rust.as_ref().map(|rust| match rust {
            Rust::Type(path) => {
                let name = path.segments.last().map(|segment| segment.ident.to_string());
                quote!(reader.rust_type(#name);)
            }
            Rust::Choice(call) => {
                let (path, slots, values) = parts(call);
                quote! {
                    if let (#(::core::option::Option::Some(#values),)*) = (#(&#slots.value,)*) {
                        reader.rust_type(#path(#(#values),*));
                    }
                }
            }
        });
        let claims = component.claims.as_ref().map(|claims| noted(&quote!(claim), claims));
        let loads = component.loads.as_ref().map(|loads| noted(&quote!(loads_library), loads));
        quote!(#rust #claims #loads)
    });
    quote! {
        fn decode(
            node: &#k::Node,
            cx: &mut #k::Decoder<'_>,
        ) -> ::core::option::Option<#k::Decoded<Self>> {
            #[allow(unused_mut)]
            let mut reader = #k::private::fields(node, cx, &<Self as #k::Value>::expected(), &[#(#keys),*])?;
            #(#[allow(unused_mut)] let mut #slots = reader.member::<#markers>();)*
            #[allow(unused_mut)]
            let mut sound = true #(&& !#slots.failed())*;
            #(#rules)*
            #choices
            if !sound {
                return ::core::option::Option::None;
            }
            #[allow(unused_mut)]
            let mut literals = ::std::vec::Vec::new();
            #(#slots.write(#rust_names, #defaults, &mut literals);)*
            let value = match (#(#slots.value,)*) {
                (#(::core::option::Option::Some(#values),)*) => {
                    ::core::option::Option::Some(Self { #(#idents: #values),* })
                }
                #[allow(unreachable_patterns)]
                _ => ::core::option::Option::None,
            };
            let literal = #k::Literal::Struct { name: #name, fields: literals, defaults: #defaults };
            ::core::option::Option::Some(#k::Decoded { value, literal })
        }
    }
}

/// The call of a method of the reader, always or as fields say.
fn noted(method: &TokenStream, claims: &Claims) -> TokenStream {
    match claims {
        Claims::Text(text) => quote!(reader.#method(#text);),
        Claims::Choice(call) => {
            let (path, slots, values) = parts(call);
            quote! {
                if let (#(::core::option::Option::Some(#values),)*) = (#(&#slots.value,)*)
                    && let ::core::option::Option::Some(what) = #path(#(#values),*)
                {
                    reader.#method(what);
                }
            }
        }
    }
}

fn parts(call: &super::model::Call) -> (TokenStream, Vec<syn::Ident>, Vec<syn::Ident>) {
    let slots = call.fields.iter().map(names::slot).collect();
    let values = call.fields.iter().map(names::value).collect();
    (call.path.to_token_stream(), slots, values)
}

fn fields(config: &Config) -> TokenStream {
    let Config { krate: k, ident, .. } = config;
    let markers = config.fields.iter().map(|field| names::member(&field.ident));
    quote! {
        #[automatically_derived]
        impl #k::Config for #ident {
            fn fields() -> ::std::vec::Vec<#k::Field> {
                ::std::vec![#(#k::private::describe::<#markers>()),*]
            }
        }
    }
}

fn default(config: &Config) -> TokenStream {
    let Config { krate: k, ident, .. } = config;
    let fields = config.fields.iter().map(|field| {
        let Field { ident, ty, key, .. } = field;
        match &field.default {
            Default::None => quote!(#ident: ::core::option::Option::None),
            Default::Trait => quote_spanned!(ty.span()=> #ident: ::core::default::Default::default()),
            Default::Text(text) => quote_spanned!(ty.span()=> #ident: #k::private::written(#key, #text)),
            Default::Wrong => quote!(#ident: ::core::unreachable!()),
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

/// Impls that say nothing, for an item that is no config at all.
pub(super) fn stubs(_: &DeriveInput) -> TokenStream {
    TokenStream::new()
}
