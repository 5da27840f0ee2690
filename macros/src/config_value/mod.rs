// SPDX-License-Identifier: Apache-2.0
//! `#[derive(ConfigValue)]`: an enum without fields as a scalar of a pipeline file.

mod emit;
mod parse;

use proc_macro2::TokenStream;

/// The whole derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    crate::item::derive(item, |item, report| {
        let k = parse::krate(item, report);
        match parse::variants(item, report) {
            Some(variants) => emit::scalar(&k, &item.ident, &variants),
            None => emit::stub(&k, item),
        }
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::derive;
    use crate::report::messages;

    #[test]
    fn names_are_words_and_differ() {
        let messages = messages(derive(quote! {
            enum Level {
                Basic,
                #[config(name = "basic")]
                Normal,
                #[config(name = "Very High")]
                High,
                #[config(name = "true")]
                All,
                Some(u8),
            }
        }));
        assert_eq!(messages.len(), 4, "{messages:#?}");
        assert!(messages[0].contains("`basic` is also what `Basic` is called"), "{messages:#?}");
        assert!(messages[1].contains("lower-case letters"), "{messages:#?}");
        assert!(messages[2].contains("YAML reads `true`"), "{messages:#?}");
        assert!(messages[3].contains("variants have no fields"), "{messages:#?}");
    }
}
