// SPDX-License-Identifier: Apache-2.0
//! A pipeline file as a tree in which everything keeps its position.
//!
//! Scalars stay text: what a text means is decided by the type that reads it, so that no
//! `1.10` becomes `1.1` and no `no` becomes `false` on the way.

use crate::{Span, Template};

/// How a scalar was written, which decides what it may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or null.
    Plain,
    /// In quotes or as a block: text and nothing else.
    Quoted,
    /// What a `${..}` was replaced with at start-up: whatever the field needs it to be.
    Filled,
}

/// A scalar's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, `$$` already turned into `$`.
    pub text: String,
    /// How it was written.
    pub style: Style,
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Nothing: `key:`, `~` or `null`.
    Null,
    /// A text that is known now.
    Scalar(Text),
    /// A text with `${..}` in it, known at start-up.
    Template(Template),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in file order. Keys are unique: the parser reports duplicates.
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// What the node is, in words for a message: `a list`, `the number \`5\``.
    #[must_use]
    pub fn found(&self) -> String {
        match &self.kind {
            NodeKind::Null => "nothing".to_owned(),
            NodeKind::Scalar(text) => text.found(),
            NodeKind::Template(template) => format!("`{template}`"),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Map(_) => "a map".to_owned(),
        }
    }

    /// The entry of a map with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<(&Key, &Node)> {
        match &self.kind {
            NodeKind::Map(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(k, v)| (k, v)),
            _ => None,
        }
    }
}

impl Text {
    /// Text as if it had been filled in at start-up.
    #[must_use]
    pub fn filled(text: &str) -> Self {
        Self { text: text.to_owned(), style: Style::Filled }
    }

    /// What the text is, in words for a message. Long texts are cut.
    #[must_use]
    pub fn found(&self) -> String {
        let shown = shorten(&self.text);
        match self.style {
            Style::Quoted => format!("the text \"{shown}\""),
            Style::Filled => format!("`{shown}`"),
            Style::Plain if matches!(self.text.as_str(), "true" | "false") => {
                format!("the boolean `{shown}`")
            }
            Style::Plain if self.is_number() => format!("the number `{shown}`"),
            Style::Plain => format!("`{shown}`"),
        }
    }

    /// Whether YAML's core schema reads the text as a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        if self.style != Style::Plain {
            return false;
        }
        let digits = self.text.trim_start_matches(['-', '+']);
        matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
            || (digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                && (self.text.parse::<f64>().is_ok()
                    || digits.strip_prefix("0x").is_some_and(|h| u64::from_str_radix(h, 16).is_ok())
                    || digits.strip_prefix("0o").is_some_and(|o| u64::from_str_radix(o, 8).is_ok())))
    }
}

/// At most 60 characters, on one line.
pub(crate) fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
