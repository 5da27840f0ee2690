// SPDX-License-Identifier: Apache-2.0
//! Patterns over texts that are not metric names, such as the values of an attribute.

use serde_json::{Value as Json, json};

use crate::{Glob, Invalid, Literal, Scalar, Text};

/// A pattern over texts: `*` stands for any run of characters, `?` for one.
///
/// It matches as a [`Glob`] does. The difference is what the compiler makes of it: each `Glob`
/// must fit a metric of its pipeline, a `Pattern` may fit anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Glob);

impl Pattern {
    /// A pattern. Every text is one.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(Glob::new(pattern))
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the whole of `text` fits.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl Scalar for Pattern {
    fn expected() -> String {
        "a text or a pattern such as `veth*`".to_owned()
    }

    /// Numbers and booleans need no quotes here: they are compared as they are written.
    fn parse(text: &Text) -> Result<Self, Invalid> {
        Ok(Self::new(text.text.as_str()))
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::Pattern::new({:?})", self.as_str()))
    }

    fn json_schema() -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }

    fn show(&self) -> String {
        super::text::quote(self.as_str())
    }
}
