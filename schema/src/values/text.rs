// SPDX-License-Identifier: Apache-2.0
//! Texts and paths.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::{Invalid, Literal, Scalar, Style, Text};

/// A plain scalar that YAML reads as something else than text is refused: what it means would
/// be a guess.
fn text_only(text: &Text) -> Result<&str, Invalid> {
    let ambiguous =
        text.style == Style::Plain && (text.is_number() || matches!(text.text.as_str(), "true" | "false"));
    if ambiguous {
        return Err(
            Invalid::because("not text to YAML").help(format!("write it in quotes: \"{}\"", text.text))
        );
    }
    Ok(&text.text)
}

impl Scalar for String {
    fn expected() -> String {
        "a text".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        text_only(text).map(ToOwned::to_owned)
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("{self:?}.into()"))
    }

    fn json_schema() -> Json {
        json!({"type": "string"})
    }

    fn show(&self) -> String {
        quote(self)
    }
}

impl Scalar for PathBuf {
    fn expected() -> String {
        "a path".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        match text_only(text)? {
            "" => Err(Invalid::because("empty")),
            path if path.contains('\0') => Err(Invalid::because("has a NUL byte")),
            path => Ok(Self::from(path)),
        }
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("{:?}.into()", self.to_string_lossy()))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "minLength": 1})
    }

    fn show(&self) -> String {
        quote(&self.to_string_lossy())
    }
}

/// As somebody would write it in YAML: in quotes only where it needs them.
pub(super) fn quote(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':'))
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !text.ends_with(':')
        && !matches!(text, "true" | "false" | "null");
    if plain { text.to_owned() } else { format!("{text:?}") }
}
