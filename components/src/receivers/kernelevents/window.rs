// SPDX-License-Identifier: Apache-2.0
//! Lines of one event, put together.
//!
//! The NVSwitch driver reports an SXid in several records with the same code; other records may
//! come in between. So once an SXid came, records are held back until a tenth of a second has
//! passed or [`ROOM`] records are held; then all of them are handed on, in their order, each SXid
//! with its further lines. Without an SXid nothing is held back and nothing is copied.
//!
//! A further line whose SXid is not held (it came too late, or the SXid was lost) is handed on
//! by itself. It is never counted.

use std::time::{Duration, Instant};

use super::lines::address::Address;
use super::lines::record::Record;
use super::twins::Through;

/// Records that are held back at most.
pub(super) const ROOM: usize = 64;
/// How long a record is held back.
const LONGEST: Duration = Duration::from_millis(100);

/// A record with what its source adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) record: Record<'a>,
    pub(super) through: Through,
    /// When it happened, in nanoseconds since 1970 (UTC).
    pub(super) unix_nanos: u64,
    /// Further lines of the same event.
    pub(super) more: &'a str,
}

/// A record that is held back. Its texts are kept for the next one.
#[derive(Debug, Default)]
struct Held {
    facility: u32,
    level: u8,
    sequence: Option<u64>,
    monotonic_micros: Option<u64>,
    fragment: bool,
    through: Option<Through>,
    unix_nanos: u64,
    text: String,
    subsystem: String,
    device: String,
    boot: String,
    cursor: String,
    more: String,
    /// Further lines with this code belong to it.
    sxid: Option<(Address, u32)>,
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Records that are held back.
#[derive(Debug, Default)]
pub(super) struct Window {
    held: Vec<Held>,
    count: usize,
    handed: usize,
    since: Option<Instant>,
    first_micros: u64,
    begun: u64,
}

impl Window {
    /// Whether nothing is held back.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How often it was empty when a record came to be held back.
    pub(super) const fn begun(&self) -> u64 {
        self.begun
    }

    /// Whether what is held back is to be handed on.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.count >= ROOM || self.handed > 0 || self.since.is_some_and(|since| now >= since + LONGEST)
    }

    /// How long until it is.
    pub(super) fn due_in(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::MAX, |since| (since + LONGEST).saturating_duration_since(now))
    }

    /// Whether a record of this time came so long after the first that is held back that no line
    /// of that one is to come: when a backlog is read, time is that of the records.
    pub(super) fn is_past(&self, record: &Record<'_>) -> bool {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        !self.is_empty()
            && record.monotonic_micros.is_some_and(|it| it > self.first_micros.saturating_add(longest))
    }

    /// Adds a further line to its SXid, if that is held back.
    pub(super) fn fold(&mut self, address: Address, code: u32, line: &str) -> bool {
        let held = self.held[..self.count].iter_mut().skip(self.handed).rev();
        let Some(sxid) = held.into_iter().find(|held| held.sxid == Some((address, code))) else {
            return false;
        };
        sxid.more.push('\n');
        sxid.more.push_str(line);
        true
    }

    /// Holds a record back. There has to be room.
    pub(super) fn hold(&mut self, seen: &Seen<'_>, sxid: Option<(Address, u32)>, now: Instant) {
        if self.count == self.held.len() {
            self.held.push(Held::default());
        }
        let held = &mut self.held[self.count];
        self.count += 1;
        let record = &seen.record;
        if self.since.is_none() {
            self.since = Some(now);
            self.begun += 1;
            self.first_micros = record.monotonic_micros.unwrap_or_default();
        }
        (held.facility, held.level, held.fragment) = (record.facility, record.level, record.fragment);
        (held.sequence, held.monotonic_micros) = (record.sequence, record.monotonic_micros);
        (held.through, held.unix_nanos, held.sxid) = (Some(seen.through), seen.unix_nanos, sxid);
        let copy = |text: Option<&str>, into: &mut String| text.unwrap_or_default().clone_into(into);
        copy(Some(record.text), &mut held.text);
        copy(record.subsystem, &mut held.subsystem);
        copy(record.device, &mut held.device);
        copy(record.boot, &mut held.boot);
        copy(record.cursor, &mut held.cursor);
        held.more.clear();
    }

    /// Hands on what is held back, in order, for as long as it is taken.
    pub(super) fn hand_on(&mut self, mut take: impl FnMut(&Seen<'_>) -> bool) {
        while let Some(held) = self.held[..self.count].get(self.handed) {
            let seen = Seen {
                record: Record {
                    facility: held.facility,
                    level: held.level,
                    sequence: held.sequence,
                    monotonic_micros: held.monotonic_micros,
                    realtime_micros: None,
                    boot: some(&held.boot),
                    cursor: some(&held.cursor),
                    journals_own: false,
                    fragment: held.fragment,
                    text: &held.text,
                    subsystem: some(&held.subsystem),
                    device: some(&held.device),
                },
                through: held.through.unwrap_or(Through::Kmsg),
                unix_nanos: held.unix_nanos,
                more: &held.more,
            };
            if !take(&seen) {
                return;
            }
            self.handed += 1;
        }
        (self.count, self.handed, self.since) = (0, 0, None);
    }
}
