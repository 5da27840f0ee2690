// SPDX-License-Identifier: Apache-2.0
//! A record on its way through a branch's processors: they may change it.

use super::batch::{LogBatch, Name};
use super::record::{LogValue, Record};
use super::severity::Severity;

/// The last record of a branch's own batch. What replaces a text is written behind it, so a
/// change allocates nothing once the batch has grown.
#[derive(Debug)]
pub struct RecordDraft<'a>(&'a mut LogBatch);

impl<'a> RecordDraft<'a> {
    /// The last record of `batch`, which has one.
    pub(crate) const fn new(batch: &'a mut LogBatch) -> Self {
        Self(batch)
    }

    /// The record as it is now.
    ///
    /// # Panics
    ///
    /// Never: a draft is made of a record.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a draft is made of a record")]
    pub fn record(&self) -> Record<'_> {
        self.0.last_record().expect("a draft is made of a record")
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<LogValue<'_>> {
        self.record().attribute(key)
    }

    /// Sets an attribute.
    pub fn insert<'v>(&mut self, key: &str, value: impl Into<LogValue<'v>>) {
        let value = self.0.store(value.into());
        if let Some(at) = self.0.find(key) {
            if let Some((_, pairs)) = self.0.last() {
                pairs[at].value = value;
            }
            return;
        }
        let key = Name::Text(self.0.append_cut(key));
        self.0.put(key, value);
    }

    /// Removes an attribute; says whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        let Some(at) = self.0.find(key) else { return false };
        if let Some((entry, pairs)) = self.0.last() {
            pairs.remove(at);
            entry.count -= 1;
        }
        true
    }

    /// Gives an attribute another key, which loses the value it had; says whether it was there.
    pub fn rename(&mut self, key: &str, to: &str) -> bool {
        if key == to || self.0.find(key).is_none() {
            return key == to && self.0.find(key).is_some();
        }
        self.remove(to);
        let name = Name::Text(self.0.append_cut(to));
        let Some(at) = self.0.find(key) else { return false };
        if let Some((_, pairs)) = self.0.last() {
            pairs[at].key = name;
        }
        true
    }

    /// Replaces what was said.
    pub fn set_body(&mut self, text: &str) {
        let body = self.0.append_cut(text);
        if let Some((entry, _)) = self.0.last() {
            entry.body = body;
        }
    }

    /// Says anew how bad it is.
    pub fn set_severity(&mut self, severity: Severity) {
        if let Some((entry, _)) = self.0.last() {
            entry.severity = severity;
            entry.severity_text = None;
        }
    }
}
