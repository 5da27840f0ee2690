// SPDX-License-Identifier: Apache-2.0
//! A record of the kernel's log, wherever it was read.

use std::fmt;
use std::ops::Range;

use super::text;

/// A record of the kernel's log. Its texts live in a [`Scratch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Who wrote it, as syslog counts: 0 is the kernel itself, which user space cannot claim.
    pub facility: u32,
    /// How bad it is, as syslog counts: 0 (the system is unusable) to 7 (debugging).
    pub level: u8,
    /// Its number since the machine started. The journal does not keep it.
    pub sequence: Option<u64>,
    /// Microseconds since the machine started.
    pub monotonic_micros: Option<u64>,
    /// Microseconds since 1970 (UTC), where the source knows them.
    pub realtime_micros: Option<u64>,
    /// Which start of the machine, 32 hexadecimal digits, where the source knows.
    pub boot: Option<&'a str>,
    /// Where it stands in the journal.
    pub cursor: Option<&'a str>,
    /// Whether journald says it of itself: of records that it missed, say.
    pub journals_own: bool,
    /// Whether it is a part of a line whose other parts are records of their own.
    pub fragment: bool,
    /// What it says. May have several lines.
    pub text: &'a str,
    /// The subsystem of the device it is about: `pci`.
    pub subsystem: Option<&'a str>,
    /// The device it is about, as the kernel names it: `+pci:0000:9b:00.0`.
    pub device: Option<&'a str>,
}

impl Record<'_> {
    /// Whether the kernel itself wrote it.
    #[must_use]
    pub const fn is_kernels(&self) -> bool {
        self.facility == 0
    }
}

/// What a record's texts are decoded into; kept from one record to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) bytes: Vec<u8>,
    pub(super) arena: String,
}

impl Scratch {
    /// Empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), arena: String::new() }
    }

    pub(super) fn clear(&mut self) {
        self.arena.clear();
    }

    /// Decodes what the kernel escaped.
    pub(super) fn unescaped(&mut self, escaped: &[u8]) -> Range<usize> {
        let start = self.arena.len();
        if escaped.contains(&b'\\') {
            self.bytes.clear();
            text::unescape(escaped, &mut self.bytes);
            text::push_lossy(&mut self.arena, &self.bytes);
        } else {
            text::push_lossy(&mut self.arena, escaped);
        }
        start..self.arena.len()
    }

    /// A text that was decoded.
    pub(super) fn text(&self, range: Range<usize>) -> &str {
        self.arena.get(range).unwrap_or_default()
    }
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// No `;` ends the head.
    Head,
    /// The priority is no number.
    Priority,
    /// The sequence number is none.
    Sequence,
    /// The time is no number.
    Time,
    /// No JSON object.
    Json,
    /// A line of the journal without a message, or with one that was left out for its size.
    Message,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "there is no `;` after priority, sequence, time and flags",
            Self::Priority => "the priority is no number",
            Self::Sequence => "the sequence number is no number",
            Self::Time => "the time is no number",
            Self::Json => "it is no JSON object",
            Self::Message => "it has no `MESSAGE`",
        })
    }
}
