// SPDX-License-Identifier: Apache-2.0
//! Several mistakes in one item: each is told, once. What each sentence looks like to its
//! reader is tested under `tests/ui/`.

use quote::quote;

use super::derive;
use super::known::{Known, Value};
use crate::report::messages;

#[test]
fn all_mistakes_of_an_item_come_at_once() {
    let messages = messages(derive(quote! {
        #[config(receiver = "Heart", signal = metric, rust = choose(volumne), claim = "x")]
        struct Heart {
            #[config(default = "5", min = 7)]
            volume: u8,
            /// How often.
            #[config(default = "5", minimum = "1s")]
            interval: Option<std::time::Duration>,
        }
    }));
    let expected = [
        "has no argument `claim`; did you mean `claims`?",
        "has no argument `minimum`",
        "there is no signal `metric`; did you mean `metrics`?",
        "the config field `volume` has no doc comment",
        "the default `5` is less than `min`, `7`",
        "expected a duration such as \"10s\"",
        "the config of a receiver has no doc comment",
        "`Heart` cannot be a component's kind",
        "there is no field `volumne`; did you mean `volume`?",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
}

#[test]
fn what_is_wrong_has_impls_all_the_same() {
    for item in [
        quote!(
            struct Heart(u8);
        ),
        quote!(
            #[config(receiver = "heart", signal = metrics, rust = Heart)]
            enum Heart<T> {
                A(T),
            }
        ),
        quote!(
            struct Heart {
                volume: u8,
            }
        ),
    ] {
        let code = derive(item.clone());
        assert!(!messages(code.clone()).is_empty(), "{item}");
        let code = code.to_string().replace(' ', "");
        assert!(code.contains("::tracecore_schema::ValueforHeart"), "{item}");
        assert_eq!(
            code.contains("::tracecore_schema::DeclarationforHeart"),
            item.to_string().contains("receiver")
        );
    }
}

#[test]
fn a_struct_has_a_default_if_all_of_its_fields_may_be_absent() {
    let has_default = |fields: proc_macro2::TokenStream| {
        derive(quote!(struct Heart { #fields })).to_string().contains("Default for Heart")
    };
    assert!(has_default(quote!()));
    assert!(has_default(quote!(a: Option<u8>, #[config(default)] b: u8, #[config(default = 1)] c: u8)));
    assert!(!has_default(quote!(a: Option<u8>, b: u8)));
    // A default that is wrong is one all the same, so that its lack is not told too.
    assert!(has_default(quote!(#[config(default = 300)] a: u8)));
}

#[test]
fn known_types_are_read_as_the_schema_reads_them() {
    let known = |ty: syn::Type| Known::of(&ty);
    let duration = known(syn::parse_quote!(Option<std::time::Duration>));
    assert!(duration.is_some_and(|known| known.read("1m30s") == Ok(Value::Whole(90_000_000_000))));
    let size = known(syn::parse_quote!(ByteSize));
    assert!(size.is_some_and(|known| known.read("4KB") == Ok(Value::Whole(4000))));
    assert!(known(syn::parse_quote!(u8)).is_some_and(|known| known.read("256").is_err()));
    assert!(known(syn::parse_quote!(i64)).is_some_and(|known| known.read("-5") == Ok(Value::Whole(-5))));
    assert!(known(syn::parse_quote!(Other)).is_none());
    assert!(known(syn::parse_quote!(Duration<T>)).is_none());
}
