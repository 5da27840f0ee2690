// SPDX-License-Identifier: Apache-2.0
//! A list or map whose end has not been read yet.

use std::collections::HashMap;

use tracecore_schema::{Key, Node, NodeKind, Span};

use super::aliases::Size;

/// A key whose value comes next.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: Key,
    /// `<<`: the value's entries join the map.
    pub(super) merge: bool,
}

/// What `<<` brings in, until the map is complete: its own entries go first.
#[derive(Debug)]
pub(super) struct Merge {
    pub(super) at: Span,
    pub(super) node: Node,
}

#[derive(Debug)]
enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        seen: HashMap<String, Span>,
        /// A key and whether its entry is kept: the second of a duplicate is not.
        pending: Option<(Pending, bool)>,
        merges: Vec<Merge>,
    },
}

/// A list or map whose end has not been read yet.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) span: Span,
    pub(super) anchor: usize,
    content: Content,
    size: Size,
}

impl Frame {
    pub(super) fn list(span: Span, anchor: usize) -> Self {
        Self { span, anchor, content: Content::List(Vec::new()), size: Size::node() }
    }

    pub(super) fn map(span: Span, anchor: usize) -> Self {
        let content =
            Content::Map { entries: Vec::new(), seen: HashMap::new(), pending: None, merges: Vec::new() };
        Self { span, anchor, content, size: Size::node() }
    }

    /// Whether what comes next is a key.
    pub(super) const fn wants_key(&self) -> bool {
        matches!(self.content, Content::Map { pending: None, .. })
    }

    /// The place of the key whose value comes next.
    pub(super) fn key(&self) -> Option<Span> {
        match &self.content {
            Content::Map { pending: Some((pending, _)), .. } => Some(pending.key.span),
            _ => None,
        }
    }

    /// Takes a key. Gives the place of the same key before, if there is one.
    pub(super) fn begin(&mut self, next: Pending) -> Option<Span> {
        let Content::Map { seen, pending, .. } = &mut self.content else { return None };
        let first = seen.get(&next.key.text).copied();
        if first.is_none() {
            seen.insert(next.key.text.clone(), next.key.span);
        }
        *pending = Some((next, first.is_none()));
        first
    }

    /// Takes an item, or the value of the last key.
    pub(super) fn add(&mut self, node: Node, size: Size) {
        self.size.contain(size);
        match &mut self.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, pending, merges, .. } => match pending.take() {
                Some((Pending { key, merge: true }, true)) => merges.push(Merge { at: key.span, node }),
                Some((Pending { key, .. }, true)) => entries.push((key, node)),
                _ => {}
            },
        }
    }

    pub(super) fn take_merges(&mut self) -> Vec<Merge> {
        match &mut self.content {
            Content::Map { merges, .. } => std::mem::take(merges),
            Content::List(_) => Vec::new(),
        }
    }

    /// Adds the entries of a map, or of a list of maps, whose keys the map does not have yet.
    pub(super) fn merge(&mut self, node: Node) -> Result<(), String> {
        match node.kind {
            NodeKind::List(items) => items.into_iter().try_for_each(|item| match item.kind {
                NodeKind::Map(_) => self.merge(item),
                _ => Err(format!("{} in a list", item.found())),
            }),
            NodeKind::Map(theirs) => {
                let Content::Map { entries, seen, .. } = &mut self.content else { return Ok(()) };
                for (key, value) in theirs {
                    if !seen.contains_key(&key.text) {
                        seen.insert(key.text.clone(), key.span);
                        entries.push((key, value));
                    }
                }
                Ok(())
            }
            _ => Err(node.found()),
        }
    }

    pub(super) const fn size(&self) -> Size {
        self.size
    }

    pub(super) fn into_kind(self) -> NodeKind {
        match self.content {
            Content::List(items) => NodeKind::List(items),
            Content::Map { entries, .. } => NodeKind::Map(entries),
        }
    }
}
