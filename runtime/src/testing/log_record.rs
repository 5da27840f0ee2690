// SPDX-License-Identifier: Apache-2.0
//! A log record as a test looks at it.

use std::fmt;

use tracecore_schema::{Attribute, AttributeValue};

use crate::Severity;
use crate::signal::Record;

/// A log record that was written, or has reached an exporter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogRecord {
    /// When it happened, in nanoseconds since 1970 (UTC); 0 if nobody knows.
    pub time_unix_nanos: u64,
    /// When it was read.
    pub observed_unix_nanos: u64,
    /// How bad it is.
    pub severity: Severity,
    /// What its source calls that.
    pub severity_text: String,
    /// What kind of event it is; empty if none in particular.
    pub event_name: String,
    /// What was said.
    pub body: String,
    /// The attributes in the order in which they were written.
    pub attributes: Vec<Attribute>,
}

impl LogRecord {
    /// The value of an attribute as text.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        self.attributes.iter().find(|one| one.key == key).map(|one| one.value.to_string())
    }
}

impl From<Record<'_>> for LogRecord {
    fn from(record: Record<'_>) -> Self {
        let attributes = record.attributes();
        Self {
            time_unix_nanos: record.time_unix_nanos(),
            observed_unix_nanos: record.observed_unix_nanos(),
            severity: record.severity(),
            severity_text: record.severity_text().to_owned(),
            event_name: record.event_name().to_owned(),
            body: record.body().to_owned(),
            attributes: attributes
                .map(|(key, value)| Attribute::new(key.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

/// Shown in a test's failure: `ERROR gpu.xid "fallen off the bus" {code=79}`.
impl fmt::Display for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?} {{", self.severity_text, self.event_name, self.body)?;
        for (at, Attribute { key, value }) in self.attributes.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match value {
                AttributeValue::Text(text) => write!(f, "{comma}{key}={text:?}")?,
                other => write!(f, "{comma}{key}={other}")?,
            }
        }
        f.write_str("}")
    }
}
