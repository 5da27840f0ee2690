// SPDX-License-Identifier: Apache-2.0
//! A series: one metric of one thing. Registered once, so that a reading is only a number.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use tracecore_schema::{Attribute, AttributeValue, Descriptor, Label};

use crate::Resource;

/// A series on its way through a branch's processors: they may change its attributes.
#[derive(Clone, Debug)]
pub struct SeriesDraft {
    descriptor: &'static Descriptor,
    attributes: Vec<Attribute>,
}

/// What a processor says of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It passes.
    Keep,
    /// It ends here.
    Drop,
}

/// A series as an exporter sees it: what is left after the processors.
#[derive(Clone, Debug)]
pub struct Series {
    /// The metric.
    pub descriptor: &'static Descriptor,
    /// The attributes, sorted by key, keys unique.
    pub attributes: Vec<Attribute>,
    /// What the collector says of itself and its host.
    pub resource: Arc<Resource>,
    /// The component that emits it.
    pub receiver: Arc<str>,
    /// When it began, in nanoseconds since 1970 (UTC).
    pub start_unix_nanos: u64,
    /// What it carries under the names of other conventions.
    pub labels: Arc<[Label]>,
}

/// Why an exporter does not take a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SeriesDraft {
    /// A series of `descriptor`. Of attributes with the same key the last one counts.
    #[must_use]
    pub fn new(descriptor: &'static Descriptor, attributes: Vec<Attribute>) -> Self {
        let mut draft = Self { descriptor, attributes: Vec::with_capacity(attributes.len()) };
        for attribute in attributes {
            draft.insert(attribute.key, attribute.value);
        }
        draft
    }

    /// The metric.
    #[must_use]
    pub const fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// The attributes, sorted by key.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&AttributeValue> {
        self.position(key).ok().map(|at| &self.attributes[at].value)
    }

    /// Sets an attribute.
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let attribute = Attribute::new(key, value);
        match self.position(&attribute.key) {
            Ok(at) => self.attributes[at] = attribute,
            Err(at) => self.attributes.insert(at, attribute),
        }
    }

    /// Removes an attribute.
    pub fn remove(&mut self, key: &str) -> Option<AttributeValue> {
        self.position(key).ok().map(|at| self.attributes.remove(at).value)
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.attributes.binary_search_by(|attribute| attribute.key.as_ref().cmp(key))
    }

    pub(crate) fn finish(
        self,
        resource: Arc<Resource>,
        receiver: Arc<str>,
        start_unix_nanos: u64,
        labels: &Arc<[Label]>,
    ) -> Series {
        let labels = self.follow(labels);
        Series {
            descriptor: self.descriptor,
            attributes: self.attributes,
            resource,
            receiver,
            start_unix_nanos,
            labels,
        }
    }

    /// The labels, those that repeat an attribute as the processors have left it.
    fn follow(&self, labels: &Arc<[Label]>) -> Arc<[Label]> {
        let now = |label: &Label| label.repeats.map(|key| self.get(key).map(ToString::to_string));
        let same = |label: &Label| now(label).is_none_or(|now| now.as_ref() == Some(&label.value));
        if labels.iter().all(same) {
            return Arc::clone(labels);
        }
        let follow = |label: &Label| match now(label) {
            None => Some(label.clone()),
            Some(now) => now.map(|value| Label { value, ..label.clone() }),
        };
        labels.iter().filter_map(follow).collect()
    }
}
