// SPDX-License-Identifier: Apache-2.0
//! The value of a header: a text that may stand in the file, or the place of one that may not.

use serde_json::{Value as Json, json};
use tracecore_schema::{Decoded, Decoder, Invalid, Literal, Node, NodeKind, Secret, Value};

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderText {
    /// It stands in the file.
    Text(String),
    /// It is kept elsewhere.
    Secret(Secret),
}

const EXPECTED: &str = "a text, or a reference to a secret: `${env:NAME}` or `${file:/path}`";

impl Value for HeaderText {
    fn expected() -> String {
        EXPECTED.to_owned()
    }

    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>> {
        let value = match &node.kind {
            NodeKind::Template(_) => Self::Secret(Secret::decode(node, cx)?.value?),
            // Numbers need no quotes: a header is a text, however it looks.
            NodeKind::Scalar(text) => Self::Text(text.text.clone()),
            _ => {
                cx.unexpected(node, EXPECTED, Invalid::default());
                return None;
            }
        };
        let literal = value.to_literal();
        Some(Decoded { value: Some(value), literal })
    }

    fn check_text(_: &[&str], _: &str) -> Result<(), Invalid> {
        Ok(())
    }

    fn json_schema() -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }

    fn show(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Secret(secret) => secret.show(),
        }
    }

    fn to_literal(&self) -> Literal {
        match self {
            Self::Text(text) => Literal::Local(format!("HeaderText::Text({text:?}.into())")),
            Self::Secret(secret) => match secret.to_literal() {
                // `rt` is in scope wherever a literal stands, so the path can be put around it.
                Literal::Rust(inner) => Literal::Local(format!("HeaderText::Secret({inner})")),
                other => other,
            },
        }
    }
}
