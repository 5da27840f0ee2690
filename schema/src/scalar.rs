// SPDX-License-Identifier: Apache-2.0
//! Values that are written as one scalar.

use serde_json::Value as Json;

use crate::{Decoded, Decoder, Literal, Node, NodeKind, Span, Text, Value};

/// Why a text is not what a place accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid {
    /// What was found, if it is not simply the text.
    pub found: Option<String>,
    /// What would have been right, if it is more than the type says (a limit).
    pub expected: Option<String>,
    /// A few words beside the underlined text.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Invalid {
    /// With a few words beside the underlined text.
    #[must_use]
    pub fn because(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A value that is written as one scalar. Every scalar is a [`Value`].
pub trait Scalar: Sized + Clone + 'static {
    /// What to write, with an article: "a duration such as `10s`".
    fn expected() -> String;

    /// Reads the text.
    ///
    /// # Errors
    ///
    /// The text is not such a value.
    fn parse(text: &Text) -> Result<Self, Invalid>;

    /// The Rust text of the value.
    fn literal(&self) -> Literal;

    /// The JSON Schema of what may be written.
    fn json_schema() -> Json;

    /// The value as somebody would write it in YAML.
    fn show(&self) -> String;

    /// Tells the compiler what it compares across components.
    fn tell(&self, node: &Node, cx: &mut Decoder<'_>) {
        let _ = (node, cx);
    }
}

impl<T: Scalar> Value for T {
    fn expected() -> String {
        <T as Scalar>::expected()
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        match &node.kind {
            NodeKind::Scalar(text) => match T::parse(text) {
                Ok(value) => {
                    Scalar::tell(&value, node, cx);
                    let literal = value.literal();
                    Some(Decoded { value: Some(value), literal })
                }
                Err(invalid) => {
                    cx.unexpected(node, &<T as Scalar>::expected(), invalid);
                    None
                }
            },
            NodeKind::Template(template) => {
                let literal = cx.hole::<T>(template, node.span)?;
                Some(Decoded { value: None, literal })
            }
            _ => {
                cx.unexpected(node, &<T as Scalar>::expected(), Invalid::default());
                None
            }
        }
    }

    fn check_text(_: &[&str], text: &str) -> Result<(), Invalid> {
        T::parse(&Text::filled(text)).map(drop)
    }

    fn from_text(text: &str) -> Option<Self> {
        T::parse(&Text::filled(text)).ok()
    }

    fn json_schema() -> Json {
        <T as Scalar>::json_schema()
    }

    fn show(&self) -> String {
        Scalar::show(self)
    }

    fn to_literal(&self) -> Literal {
        self.literal()
    }

    fn tell_default(&self, place: Span, cx: &mut Decoder<'_>) {
        Scalar::tell(self, &Node { span: place, kind: NodeKind::Null }, cx);
    }
}
