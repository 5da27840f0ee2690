// SPDX-License-Identifier: Apache-2.0
//! What holds for every input, whoever made it. The fuzz targets and a test of the same code
//! both call this, so that it cannot hold for only one of them.

#![allow(clippy::panic, reason = "a broken law is to end the run")]

use super::event::{Event, understand};
use super::gpu::Gpu;
use super::record::{Record, Scratch};
use super::{journal, kmsg};

/// Looks at inputs and counts those that meant something.
#[derive(Debug, Default)]
pub struct Laws {
    scratch: Scratch,
    records: u64,
    lines: u64,
    events: u64,
}

impl Laws {
    /// Nothing was looked at yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { scratch: Scratch::new(), records: 0, lines: 0, events: 0 }
    }

    /// How many inputs were records, lines of the journal, and messages with a meaning.
    #[must_use]
    pub const fn understood(&self) -> (u64, u64, u64) {
        (self.records, self.lines, self.events)
    }

    /// Reads the bytes as a record of `/dev/kmsg`.
    pub fn record(&mut self, bytes: &[u8]) {
        let Ok(record) = kmsg::parse(bytes, &mut self.scratch) else {
            assert!(kmsg::sequence(bytes).is_err(), "a number without a record");
            return;
        };
        self.records += 1;
        assert_eq!(kmsg::sequence(bytes).ok(), record.sequence, "two numbers for one record");
        bounded(&record, bytes);
        assert!(record.facility <= u32::MAX >> 3, "no such facility");
        self.events += u64::from(holds(record.text));
    }

    /// Reads the bytes as a line of the journal.
    pub fn journal(&mut self, bytes: &[u8]) {
        let Ok(record) = journal::parse(bytes, &mut self.scratch) else { return };
        self.lines += 1;
        bounded(&record, bytes);
        self.events += u64::from(holds(record.text));
    }

    /// Reads the bytes as a message.
    pub fn message(&mut self, bytes: &[u8]) {
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.events += u64::from(holds(text));
        }
    }
}

/// A record is not larger than its source allows: a byte becomes four (`\xHH`) at most.
fn bounded(record: &Record<'_>, bytes: &[u8]) {
    assert!(record.level < 8, "no such level");
    let texts = [Some(record.text), record.subsystem, record.device, record.cursor, record.boot];
    for text in texts.into_iter().flatten() {
        assert!(text.len() <= 4 * bytes.len() + 4, "more text than there is");
    }
}

/// Whether a message means something; if so, what holds for its meaning.
fn holds(text: &str) -> bool {
    let Some(event) = understand(text) else { return false };
    // What is reported stands in the message.
    let stands = |part: &str| assert!(text.contains(part), "{part:?} is not in {text:?}");
    match event {
        Event::Xid(xid) => {
            assert!(text.starts_with("NVRM: Xid ("), "an Xid without its words: {text:?}");
            assert!(xid.address.device < 32 && text.contains(&xid.code.to_string()));
            assert!(xid.compute_instance.is_none() || xid.gpu_instance.is_some());
            [Some(xid.detail), xid.process].into_iter().flatten().for_each(stands);
            assert!(xid.process.is_none_or(|name| !name.is_empty()));
        }
        Event::Sxid(sxid) | Event::SxidDetail(sxid) => {
            assert!(text.starts_with("nvidia-nvswitch"), "an SXid without its words: {text:?}");
            stands(sxid.detail);
        }
        Event::Gpu(Gpu::Name { uuid, .. }) => {
            assert_eq!(uuid.len(), 40, "{uuid}");
            stands(uuid);
        }
        Event::Gpu(Gpu::Lost { .. } | Gpu::RateLimited { .. }) => assert!(text.starts_with("NVRM: ")),
        Event::General(general) => {
            [general.process, general.device].into_iter().flatten().for_each(stands);
        }
    }
    true
}
