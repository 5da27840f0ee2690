// SPDX-License-Identifier: Apache-2.0
//! The components a compilation knows. The compiler is handed a catalog and knows no component
//! by name.

use serde_json::Value as Json;

use crate::{Declaration, Decoded, Decoder, Descriptor, Field, Invalid, Literal, Node, Role, SignalKind};

/// One component, with its types erased: what the compiler can ask of it.
#[derive(Clone)]
pub struct Entry {
    /// The name in pipeline files.
    pub kind: &'static str,
    /// What it does in a pipeline.
    pub role: Role,
    /// The signals it may carry.
    pub signals: &'static [SignalKind],
    /// One or more sentences.
    pub help: &'static str,
    /// The module by which generated code names the component.
    pub path: String,
    /// The metrics that it may emit.
    pub metrics: fn() -> Vec<&'static Descriptor>,
    /// The fields of its config.
    pub fields: fn() -> Vec<Field>,
    /// The JSON Schema of its config.
    pub json_schema: fn() -> Json,
    /// Decodes its config to a literal. Problems go to the decoder.
    pub decode: fn(&Node, &mut Decoder<'_>) -> Option<Literal>,
    /// Checks a text that fills the hole at a path within the component.
    pub check_text: fn(&[&str], &str) -> Result<(), Invalid>,
}

/// The components a compilation knows.
#[derive(Clone, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// No components.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the component that `C` declares; generated code names it by `path`, a module that
    /// has both the config type and the component's type: `crate::heartbeat`.
    ///
    /// A later declaration of the same role and kind replaces an earlier one.
    #[must_use]
    pub fn with<C: Declaration>(mut self, path: impl Into<String>) -> Self {
        self.entries.retain(|entry| (entry.role, entry.kind) != (C::ROLE, C::KIND));
        self.entries.push(Entry {
            kind: C::KIND,
            role: C::ROLE,
            signals: C::SIGNALS,
            help: C::HELP,
            path: path.into(),
            metrics: C::metrics,
            fields: C::fields,
            json_schema: C::json_schema,
            decode: |node, cx| C::decode(node, cx).map(|Decoded { literal, .. }| literal),
            check_text: C::check_text,
        });
        self
    }

    /// All components, in the order in which they were added.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The component of this role and kind.
    #[must_use]
    pub fn get(&self, role: Role, kind: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.role == role && entry.kind == kind)
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} at {}", self.role, self.kind, self.path)
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}
