// SPDX-License-Identifier: Apache-2.0
//! One thing that is wrong in a pipeline file.

use crate::Span;

/// Whether a problem stops the compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is emitted.
    Error,
    /// Told, and compiled all the same.
    Warning,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the compilation.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// The sentence: names the field by its path, says what was found and what is accepted.
    pub message: String,
    /// A few words beside the underlined text.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that belong to it, each with its own few words.
    pub related: Vec<(Span, String)>,
}

impl Problem {
    /// An error at `span`.
    #[must_use]
    pub fn error(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            span,
            message: message.into(),
            label: label.into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message, label) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds `help` if there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}
