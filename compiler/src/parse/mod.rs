// SPDX-License-Identifier: Apache-2.0
//! From bytes to a tree in which everything keeps its position.
//!
//! Knows YAML and nothing of pipelines. A file gives its whole tree or the reason why there is
//! none: what cannot be read cannot be checked any further. Reading takes time and memory in
//! proportion to the file, whatever is in it.

mod aliases;
mod frame;
mod syntax;
mod template;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use tracecore_schema::{FileId, Node, Problem, Span};

use crate::source::{Source, Text};

/// What a file says.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The whole of it.
    pub(crate) root: Node,
    /// Scalars and keys that have been reported; nothing is said about them again.
    pub(crate) poisoned: Vec<Span>,
}

/// A file's text and what it says. No tree: the problems say why.
pub(crate) fn parse(file: FileId, source: &Source, problems: &mut Vec<Problem>) -> (Text, Option<Tree>) {
    let before = problems.len();
    let text = Text::new(source, text::read(file, source.bytes(), problems));
    let tree = if problems.len() == before { tree::build(file, &text.text, problems) } else { None };
    (text, tree)
}
