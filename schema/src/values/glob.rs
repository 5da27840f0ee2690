// SPDX-License-Identifier: Apache-2.0
//! Patterns over names: `*` stands for any run of characters, `?` for one.

use serde_json::{Value as Json, json};

use crate::{Decoder, Fact, Invalid, Literal, Node, Scalar, Text};

/// A pattern over metric names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob(String);

impl Glob {
    /// A pattern. Every text is one.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `text` fits. Linear in the text for each `*`; no backtracking
    /// beyond the last one.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(b'?') => {
                    p += 1;
                    t += 1;
                }
                Some(byte) if *byte == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((at, from)) = star else { return false };
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
}

impl Scalar for Glob {
    fn expected() -> String {
        "a metric name or a pattern such as `hw.gpu.*`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        if text.text.is_empty() {
            return Err(Invalid::because("empty"));
        }
        Ok(Self(text.text.clone()))
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::Glob::new({:?})", self.0))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "minLength": 1})
    }

    fn show(&self) -> String {
        super::text::quote(&self.0)
    }

    fn tell(&self, node: &Node, cx: &mut Decoder<'_>) {
        cx.fact(Fact::MetricPattern(self.clone()), node.span);
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_and_question_marks() {
        let matches = |pattern: &str, text: &str| Glob::new(pattern).matches(text);
        assert!(matches("hw.gpu.*", "hw.gpu.utilization"));
        assert!(matches("*.utilization", "hw.gpu.utilization"));
        assert!(matches("hw.*.util*", "hw.gpu.utilization"));
        assert!(matches("a?c", "abc"));
        assert!(matches("**", ""));
        assert!(!matches("hw.gpu", "hw.gpu.utilization"));
        assert!(!matches("a?c", "ac"));
        assert!(!matches("*b", "abc"));
    }
}
