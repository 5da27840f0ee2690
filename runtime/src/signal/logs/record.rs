// SPDX-License-Identifier: Apache-2.0
//! A record as whoever encodes it reads it.

use std::fmt;

use tracecore_schema::AttributeValue;

use super::batch::{Entry, LogBatch, Pair};
use super::severity::Severity;

/// The value of an attribute of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogValue<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// True or false.
    Bool(bool),
}

/// One record of a batch.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    batch: &'a LogBatch,
    entry: &'a Entry,
}

impl<'a> Record<'a> {
    pub(super) const fn new(batch: &'a LogBatch, entry: &'a Entry) -> Self {
        Self { batch, entry }
    }

    pub(super) const fn parts(self) -> (&'a LogBatch, &'a Entry) {
        (self.batch, self.entry)
    }

    /// When it happened, in nanoseconds since 1970 (UTC); 0 if nobody knows.
    #[must_use]
    pub const fn time_unix_nanos(&self) -> u64 {
        self.entry.time_unix_nanos
    }

    /// When it was read, in nanoseconds since 1970 (UTC).
    #[must_use]
    pub const fn observed_unix_nanos(&self) -> u64 {
        self.entry.observed_unix_nanos
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.entry.severity
    }

    /// The severity as its source calls it; [`Severity::name`] unless the source has a word of
    /// its own.
    #[must_use]
    pub fn severity_text(&self) -> &'a str {
        self.entry.severity_text.map_or(self.entry.severity.name(), |name| self.batch.name(name))
    }

    /// What kind of event it is: `gpu.xid`. Empty if it is none in particular.
    #[must_use]
    pub fn event_name(&self) -> &'a str {
        self.entry.event_name.map_or("", |name| self.batch.name(name))
    }

    /// What was said.
    #[must_use]
    pub fn body(&self) -> &'a str {
        self.batch.text(self.entry.body)
    }

    /// Whether something of it was too long and has been cut off.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.entry.cut
    }

    /// Attributes that were one too many.
    #[must_use]
    pub const fn dropped_attributes(&self) -> u32 {
        self.entry.dropped_attributes
    }

    /// The attributes in the order in which they were written. No key comes twice.
    pub fn attributes(self) -> impl ExactSizeIterator<Item = (&'a str, LogValue<'a>)> {
        let pairs: &[Pair] = self.batch.pairs(self.entry);
        pairs.iter().map(move |pair| (self.batch.name(pair.key), self.batch.value(pair.value)))
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(self, key: &str) -> Option<LogValue<'a>> {
        self.attributes().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Record");
        out.field("time", &self.time_unix_nanos()).field("severity", &self.severity().name());
        out.field("event", &self.event_name()).field("body", &self.body());
        for (key, value) in self.attributes() {
            out.field(key, &value);
        }
        out.finish()
    }
}

impl LogValue<'_> {
    /// The value with a text of its own.
    #[must_use]
    pub fn to_owned(self) -> AttributeValue {
        match self {
            Self::Text(text) => AttributeValue::Text(text.to_owned()),
            Self::Int(number) => AttributeValue::Int(number),
            Self::Double(number) => AttributeValue::Double(number),
            Self::Bool(flag) => AttributeValue::Bool(flag),
        }
    }
}

impl fmt::Display for LogValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Double(number) => write!(f, "{number}"),
            Self::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

impl<'a> From<&'a AttributeValue> for LogValue<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text),
            AttributeValue::Int(number) => Self::Int(*number),
            AttributeValue::Double(number) => Self::Double(*number),
            AttributeValue::Bool(flag) => Self::Bool(*flag),
        }
    }
}

impl<'a> From<&'a str> for LogValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for LogValue<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for LogValue<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for LogValue<'_> {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u32> for LogValue<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

/// OpenTelemetry's whole numbers have a sign; one that does not fit becomes the largest.
impl From<u64> for LogValue<'_> {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for LogValue<'_> {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for LogValue<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}
