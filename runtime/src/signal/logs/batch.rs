// SPDX-License-Identifier: Apache-2.0
//! A batch of records, and how one is written.
//!
//! All text lies in one `String`; records and attributes are places in it. A batch is cleared,
//! never dropped, so that after the largest batch nothing is allocated any more.

use std::fmt::{self, Write as _};

use super::record::{LogValue, Record};
use super::severity::Severity;
use crate::signal::Absence;
use crate::{Device, Probe};

/// A place in a batch's text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Text {
    start: u32,
    end: u32,
}

/// A key or a name: most are known when the binary is built.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    Static(&'static str),
    Text(Text),
}

/// A value whose text lies in the batch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    Text(Text),
    Int(i64),
    Double(f64),
    Bool(bool),
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) key: Name,
    pub(super) value: Stored,
}

/// A record; its attributes are a run of the batch's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) time_unix_nanos: u64,
    pub(super) observed_unix_nanos: u64,
    pub(super) severity: Severity,
    pub(super) severity_text: Option<Name>,
    pub(super) event_name: Option<Name>,
    pub(super) body: Text,
    pub(super) cut: bool,
    pub(super) dropped_attributes: u32,
    pub(super) first: u32,
    pub(super) count: u32,
    /// Where its text begins: what is written for it is limited from here.
    pub(super) text_from: u32,
}

/// What one call of `collect` had to tell.
///
/// A batch is full at [`MAX_RECORDS`](Self::MAX_RECORDS) records or
/// [`MAX_BYTES`](Self::MAX_BYTES) of text. A record that was begun before that is taken whole;
/// one that is begun after is refused and counted as an error of kind `downstream`. So a
/// receiver that has more to tell asks [`is_full`](Self::is_full) before it reads the next
/// event, and returns: an event lane calls it again at once.
///
/// ```
/// use tracecore_runtime::{LogBatch, Probe, Severity, signal::Output as _};
///
/// let mut out = LogBatch::new(Probe::new());
/// out.record(1_700_000_000_000_000_000)
///     .severity(Severity::ERROR)
///     .event_name("gpu.xid")
///     .body("NVRM: Xid (PCI:0000:19:00): 79, GPU has fallen off the bus.")
///     .attribute("tracecore.gpu.xid.code", 79);
///
/// let record = out.records().next().unwrap();
/// assert_eq!((record.severity().number(), record.severity_text()), (17, "ERROR"));
/// assert_eq!(record.attribute("tracecore.gpu.xid.code"), Some(79.into()));
/// ```
#[derive(Clone, Debug)]
pub struct LogBatch {
    observed_unix_nanos: u64,
    text: String,
    records: Vec<Entry>,
    pairs: Vec<Pair>,
    refused: u64,
    absent: [u64; Absence::ALL.len()],
    rediscover: bool,
    probe: Probe,
}

impl LogBatch {
    /// Records in a full batch.
    pub const MAX_RECORDS: usize = 4096;
    /// Bytes of text in a full batch; the record that fills it may go beyond.
    pub const MAX_BYTES: usize = 1 << 20;
    /// Bytes of text in one record: what does not fit is cut off.
    pub const MAX_RECORD_BYTES: usize = 1 << 16;
    /// Attributes of one record; further ones are counted and left out.
    pub const MAX_ATTRIBUTES: u32 = 128;

    pub(crate) const fn empty(probe: Probe) -> Self {
        Self {
            observed_unix_nanos: 0,
            text: String::new(),
            records: Vec::new(),
            pairs: Vec::new(),
            refused: 0,
            absent: [0; Absence::ALL.len()],
            rediscover: false,
            probe,
        }
    }

    /// Begins a record of what happened at this time, in nanoseconds since 1970 (UTC); 0 if
    /// nobody knows. It is in the batch from now on.
    pub fn record(&mut self, time_unix_nanos: u64) -> RecordWriter<'_> {
        let full = self.is_full();
        if full {
            self.refused += 1;
        } else {
            self.records.push(Entry {
                time_unix_nanos,
                observed_unix_nanos: self.observed_unix_nanos,
                severity: Severity::UNSPECIFIED,
                severity_text: None,
                event_name: None,
                body: Text::default(),
                cut: false,
                dropped_attributes: 0,
                first: place(self.pairs.len()),
                count: 0,
                text_from: place(self.text.len()),
            });
        }
        RecordWriter { batch: self, full }
    }

    /// Whether it takes no further record.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.records.len() >= Self::MAX_RECORDS || self.text.len() >= Self::MAX_BYTES
    }

    /// How many records there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records in the order in which they were written.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.records.iter().map(|entry| Record::new(self, entry))
    }

    /// When this call of `collect` began, in nanoseconds since 1970 (UTC): the observed time of
    /// its records.
    #[inline]
    #[must_use]
    pub const fn observed_unix_nanos(&self) -> u64 {
        self.observed_unix_nanos
    }

    /// Notes that something which could have been read was not, and why.
    #[inline]
    pub fn absent(&mut self, reason: Absence) {
        self.absent[reason as usize] += 1;
    }

    /// Asks for `discover` to be called before the next call: a device came or went.
    #[inline]
    pub const fn rediscover(&mut self) {
        self.rediscover = true;
    }

    /// Says which device the calls that follow go to: see [`Batch::entering`](crate::Batch::entering).
    #[inline]
    pub fn entering(&self, device: Device) {
        self.probe.entering(device);
    }

    /// Forgets all records and keeps the room.
    pub(crate) fn begin(&mut self, observed_unix_nanos: u64) {
        self.observed_unix_nanos = observed_unix_nanos;
        self.text.clear();
        self.records.clear();
        self.pairs.clear();
        self.refused = 0;
        self.absent = [0; Absence::ALL.len()];
    }

    /// Records that were begun while it was full.
    pub(crate) const fn refused(&self) -> u64 {
        self.refused
    }

    pub(crate) const fn absences(&self) -> &[u64; Absence::ALL.len()] {
        &self.absent
    }

    pub(crate) const fn take_rediscover(&mut self) -> bool {
        std::mem::replace(&mut self.rediscover, false)
    }

    /// Appends a copy of another batch's record.
    pub(crate) fn copy(&mut self, record: Record<'_>) {
        let (other, from) = record.parts();
        let text_from = place(self.text.len());
        // Whatever was cut there fits here.
        let first = place(self.pairs.len());
        for pair in other.pairs(from) {
            let pair =
                Pair { key: self.take_name(other, pair.key), value: self.take_value(other, pair.value) };
            self.pairs.push(pair);
        }
        let severity_text = from.severity_text.map(|name| self.take_name(other, name));
        let event_name = from.event_name.map(|name| self.take_name(other, name));
        let body = self.append(other.text(from.body));
        self.records.push(Entry { severity_text, event_name, body, first, text_from, ..*from });
    }

    /// Takes the last record out again.
    pub(crate) fn pop(&mut self) {
        if let Some(last) = self.records.pop() {
            self.pairs.truncate(last.first as usize);
            self.text.truncate(last.text_from as usize);
        }
    }

    fn take_name(&mut self, other: &Self, name: Name) -> Name {
        match name {
            Name::Static(name) => Name::Static(name),
            Name::Text(text) => Name::Text(self.append(other.text(text))),
        }
    }

    fn take_value(&mut self, other: &Self, value: Stored) -> Stored {
        match value {
            Stored::Text(text) => Stored::Text(self.append(other.text(text))),
            other => other,
        }
    }

    pub(super) fn append(&mut self, text: &str) -> Text {
        let start = place(self.text.len());
        self.text.push_str(text);
        Text { start, end: place(self.text.len()) }
    }

    /// Appends text of the last record, as much of it as the record may have.
    pub(super) fn append_cut(&mut self, text: &str) -> Text {
        let room = self.room();
        if text.len() <= room {
            return self.append(text);
        }
        if let Some(last) = self.records.last_mut() {
            last.cut = true;
        }
        self.append(&text[..text.floor_char_boundary(room)])
    }

    /// Bytes that the last record may still have.
    fn room(&self) -> usize {
        let used = self.records.last().map_or(0, |last| self.text.len() - last.text_from as usize);
        Self::MAX_RECORD_BYTES.saturating_sub(used)
    }

    /// Appends what formats itself, likewise.
    fn append_display(&mut self, what: impl fmt::Display) -> Text {
        let start = self.text.len();
        let most = start + self.room();
        // What is written is cut afterwards: writing to a `String` cannot fail, and what fails
        // to format itself has written what it could.
        let _ = write!(self.text, "{what}");
        if self.text.len() > most {
            let most = self.text.floor_char_boundary(most);
            self.text.truncate(most);
            if let Some(last) = self.records.last_mut() {
                last.cut = true;
            }
        }
        Text { start: place(start), end: place(self.text.len()) }
    }

    pub(super) fn store(&mut self, value: LogValue<'_>) -> Stored {
        match value {
            LogValue::Text(text) => Stored::Text(self.append_cut(text)),
            LogValue::Int(number) => Stored::Int(number),
            LogValue::Double(number) => Stored::Double(number),
            LogValue::Bool(flag) => Stored::Bool(flag),
        }
    }

    /// The last record with its attributes, which are the last of the batch.
    pub(super) fn last(&mut self) -> Option<(&mut Entry, &mut Vec<Pair>)> {
        self.records.last_mut().map(|entry| (entry, &mut self.pairs))
    }

    pub(super) fn last_record(&self) -> Option<Record<'_>> {
        self.records.last().map(|entry| Record::new(self, entry))
    }

    /// The place of an attribute of the last record among all attributes.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let last = self.records.last()?;
        let at = self.pairs(last).iter().position(|pair| self.name(pair.key) == key)?;
        Some(last.first as usize + at)
    }

    /// Sets an attribute of the last record.
    pub(super) fn put(&mut self, key: Name, value: Stored) {
        if let Some(at) = self.find(self.name(key)) {
            self.pairs[at].value = value;
            return;
        }
        let Some(last) = self.records.last_mut() else { return };
        if last.count >= Self::MAX_ATTRIBUTES {
            last.dropped_attributes += 1;
            return;
        }
        last.count += 1;
        self.pairs.push(Pair { key, value });
    }

    #[inline]
    pub(super) fn text(&self, text: Text) -> &str {
        self.text.get(text.start as usize..text.end as usize).unwrap_or_default()
    }

    #[inline]
    pub(super) fn name(&self, name: Name) -> &str {
        match name {
            Name::Static(name) => name,
            Name::Text(text) => self.text(text),
        }
    }

    #[inline]
    pub(super) fn value(&self, value: Stored) -> LogValue<'_> {
        match value {
            Stored::Text(text) => LogValue::Text(self.text(text)),
            Stored::Int(number) => LogValue::Int(number),
            Stored::Double(number) => LogValue::Double(number),
            Stored::Bool(flag) => LogValue::Bool(flag),
        }
    }

    #[inline]
    pub(super) fn pairs(&self, entry: &Entry) -> &[Pair] {
        let first = entry.first as usize;
        self.pairs.get(first..first + entry.count as usize).unwrap_or_default()
    }
}

/// A batch never grows so far that a place does not fit.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Writes one record. Each method may be called or left out; of two calls the last one counts.
#[derive(Debug)]
pub struct RecordWriter<'a> {
    batch: &'a mut LogBatch,
    /// The batch takes no record; whatever is said goes nowhere.
    full: bool,
}

impl RecordWriter<'_> {
    fn entry(&mut self, change: impl FnOnce(&mut Entry)) -> &mut Self {
        if !self.full
            && let Some((entry, _)) = self.batch.last()
        {
            change(entry);
        }
        self
    }

    /// How bad it is.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.entry(|entry| entry.severity = severity)
    }

    /// What its source calls the severity: `emerg`, `crit`.
    pub fn severity_text(&mut self, text: &'static str) -> &mut Self {
        self.entry(|entry| entry.severity_text = Some(Name::Static(text)))
    }

    /// What kind of event it is: `gpu.xid`.
    pub fn event_name(&mut self, name: &'static str) -> &mut Self {
        self.entry(|entry| entry.event_name = Some(Name::Static(name)))
    }

    /// When it was read, where that is not the begin of this call of `collect`.
    pub fn observed(&mut self, unix_nanos: u64) -> &mut Self {
        self.entry(|entry| entry.observed_unix_nanos = unix_nanos)
    }

    /// What was said.
    pub fn body(&mut self, text: &str) -> &mut Self {
        if self.full {
            return self;
        }
        let body = self.batch.append_cut(text);
        self.entry(|entry| entry.body = body)
    }

    /// What was said, by something that formats itself: `format_args!(..)`.
    pub fn body_display(&mut self, what: impl fmt::Display) -> &mut Self {
        if self.full {
            return self;
        }
        let body = self.batch.append_display(what);
        self.entry(|entry| entry.body = body)
    }

    /// An attribute.
    pub fn attribute<'v>(&mut self, key: &'static str, value: impl Into<LogValue<'v>>) -> &mut Self {
        if !self.full {
            let value = self.batch.store(value.into());
            self.batch.put(Name::Static(key), value);
        }
        self
    }

    /// An attribute whose text is what formats itself.
    pub fn attribute_display(&mut self, key: &'static str, what: impl fmt::Display) -> &mut Self {
        if !self.full {
            let text = self.batch.append_display(what);
            self.batch.put(Name::Static(key), Stored::Text(text));
        }
        self
    }

    /// Attributes that are known as a series' are: of a GPU, say.
    pub fn attributes(&mut self, attributes: &[tracecore_schema::Attribute]) -> &mut Self {
        if !self.full {
            for attribute in attributes {
                let key = match &attribute.key {
                    std::borrow::Cow::Borrowed(key) => Name::Static(key),
                    std::borrow::Cow::Owned(key) => Name::Text(self.batch.append_cut(key)),
                };
                let value = self.batch.store((&attribute.value).into());
                self.batch.put(key, value);
            }
        }
        self
    }

    /// Whether the batch was full, so that this record goes nowhere.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.full
    }
}
