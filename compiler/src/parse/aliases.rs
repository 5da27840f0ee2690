// SPDX-License-Identifier: Apache-2.0
//! Anchors and what their aliases repeat, within limits: an alias is a copy, and a few lines of
//! aliases of aliases would otherwise be gigabytes of copies.

use std::collections::HashMap;

use tracecore_schema::{Node, Problem, Span};

use super::tree::too_deep;
use crate::limits;

/// How large a piece of the tree is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Size {
    /// One node without text.
    pub(super) const fn node() -> Self {
        Self { nodes: 1, bytes: 0, height: 0 }
    }

    /// A text.
    pub(super) const fn of_text(text: &str) -> Self {
        Self { nodes: 1, bytes: text.len(), height: 0 }
    }

    /// Adds a child.
    pub(super) fn contain(&mut self, child: Self) {
        self.nodes += child.nodes;
        self.bytes += child.bytes;
        self.height = self.height.max(child.height + 1);
    }

    /// Adds to the file's total.
    pub(super) fn grow(&mut self, more: Self, span: Span) -> Result<(), Problem> {
        self.nodes += more.nodes;
        self.bytes += more.bytes;
        if self.nodes <= limits::NODES && self.bytes <= limits::TEXT_BYTES {
            return Ok(());
        }
        let message = format!("the file has more than {} values", limits::NODES);
        Err(Problem::error(span, message, "too many").help("a pipeline file is written by hand"))
    }

    /// Adds what an alias repeats to the file's total.
    pub(super) fn expanded(&mut self, more: Self, span: Span) -> Result<(), Problem> {
        self.grow(more, span).map_err(|_| {
            Problem::error(span, "the aliases of this file repeat too much", "too much with this one").help(
                format!("a file has at most {} values, those that aliases repeat included", limits::NODES),
            )
        })
    }
}

/// The anchors that are complete so far, by the reader's number.
#[derive(Debug, Default)]
pub(super) struct Anchors(HashMap<usize, (Node, Size)>);

impl Anchors {
    /// Keeps what an anchor names; 0 is no anchor.
    pub(super) fn define(&mut self, anchor: usize, node: &Node, size: Size) {
        if anchor != 0 {
            self.0.insert(anchor, (node.clone(), size));
        }
    }

    /// A copy of what an anchor names, for a place at `depth`.
    pub(super) fn expand(&self, anchor: usize, span: Span, depth: usize) -> Result<(Node, Size), Problem> {
        let Some((node, size)) = self.0.get(&anchor) else {
            return Err(Problem::error(span, "an alias stands within what it repeats", "repeats itself"));
        };
        if depth + size.height > limits::DEPTH {
            return Err(too_deep(span));
        }
        Ok((node.clone(), *size))
    }
}
