// SPDX-License-Identifier: Apache-2.0
//! The item comes back whatever is wrong, and all that is wrong comes at once.

use proc_macro2::TokenStream;
use quote::quote;

use super::{EXPORTER, PROCESSOR, RECEIVER, expand};
use crate::report::messages;

#[test]
fn the_item_comes_back_whatever_is_wrong() {
    for args in [quote!(), quote!(nonsense), quote!(config), quote!(config = , errors), quote!(5, !)] {
        for item in [
            quote!(
                pub struct Heart<'a> {
                    beats: &'a u8,
                }
            ),
            quote!(
                fn heart() {}
            ),
            quote!(
                pub struct Heart;
            ),
        ] {
            for role in [&RECEIVER, &PROCESSOR, &EXPORTER] {
                let code = expand(role, args.clone(), &item);
                assert!(code.to_string().starts_with(&item.to_string()), "{code}");
                assert!(!messages(code).is_empty(), "{args} {item}");
            }
        }
    }
}

#[test]
fn all_mistakes_of_an_attribute_come_at_once() {
    let args = quote!(confg = Config, errors(raed, local(read), init, io, io), stream = 1, page);
    let messages = messages(expand(
        &EXPORTER,
        args,
        &quote!(
            struct Sink<T>(T);
        ),
    ));
    let expected = [
        "has no type parameters",
        "has no argument `confg`; did you mean `config`?",
        "`raed` is no canonical error kind of an exporter",
        "every exporter has `init`",
        "the error kind `io` is declared twice",
        "`stream` takes no value",
        "not both",
        "lacks `config`",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
}

#[test]
fn a_kind_that_is_wrong_has_its_variant_all_the_same() {
    let code = |args: TokenStream| {
        expand(
            &RECEIVER,
            args,
            &quote!(
                struct Heart;
            ),
        )
        .to_string()
    };
    assert!(code(quote!(config = C, errors(arrhythmia))).contains("Arrhythmia"));
    assert!(code(quote!(config = C, errors(local(read)))).contains("Read"));
}
