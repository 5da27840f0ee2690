// SPDX-License-Identifier: Apache-2.0
//! What `#[derive(ConfigValue)]` says of an enum, and everything that follows from it.

use serde_json::{Value as Json, json};

use crate::{Invalid, Text, nearest};

/// One variant: what an operator writes, the doc comment, and the Rust path.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// What an operator writes.
    pub name: &'static str,
    /// The doc comment.
    pub help: &'static str,
    /// `Format::Table`.
    pub path: &'static str,
}

/// "`json`, `table` or `none`".
#[must_use]
pub fn of_variants(variants: &[Variant]) -> String {
    let names: Vec<_> = variants.iter().map(|variant| format!("`{}`", variant.name)).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// The value whose variant the text names; `values` are in the order of `variants`.
///
/// # Errors
///
/// It names none.
pub fn parse_variant<T, const N: usize>(
    text: &Text,
    variants: &[Variant],
    values: [T; N],
) -> Result<T, Invalid> {
    let found = variants.iter().zip(values).find(|(variant, _)| variant.name == text.text);
    found.map(|(_, value)| value).ok_or_else(|| {
        let near = nearest(&text.text, variants.iter().map(|variant| variant.name));
        Invalid {
            help: near.map(|near| format!("did you mean `{near}`?")),
            ..Invalid::because("none of them")
        }
    })
}

/// The JSON Schema of the enum.
#[must_use]
pub fn variants_schema(variants: &[Variant]) -> Json {
    let one = |variant: &Variant| match variant.help {
        "" => json!({"const": variant.name}),
        help => json!({"const": variant.name, "description": help}),
    };
    json!({"oneOf": variants.iter().map(one).collect::<Vec<_>>()})
}
