// SPDX-License-Identifier: Apache-2.0
//! What is counted besides Xids: SXids, events of the machine, and what became of records.

use tracecore_runtime::{Batch, Registrar, Slot};
use tracecore_schema::{Attribute, AttributeValue};

use super::Metrics;
use super::config::Source;
use super::counters::Total;
use super::gpus::seconds;
use super::lines::address::Address;
use super::lines::general::Kind;
use super::lines::sxid::{Sxid, SxidSeverity};
use super::source::Tally;
use super::twins::Through;

/// More switches, codes and severities than a machine has are somebody's invention.
const MOST_SXIDS: usize = 4096;

#[derive(Debug)]
struct SxidCount {
    address: Address,
    switch: u32,
    code: u32,
    severity: SxidSeverity,
    total: Total,
}

#[derive(Clone, Copy, Debug, Default)]
struct EventCount {
    total: u64,
    slot: Slot<u64>,
    seen_unix_nanos: u64,
    seen: Slot<f64>,
}

/// Slots of a source.
#[derive(Debug)]
struct SourceSlots {
    through: Through,
    outcomes: [Slot<u64>; 4],
    lost: Slot<u64>,
}

/// The totals.
#[derive(Debug)]
pub(super) struct Tallies {
    sxids: Vec<SxidCount>,
    events: Vec<EventCount>,
    sources: Vec<SourceSlots>,
    begun: bool,
    wants_series: bool,
}

impl Tallies {
    pub(super) fn new(source: Source) -> Self {
        let through: &[Through] = match source {
            Source::Kmsg => &[Through::Kmsg],
            Source::Journal => &[Through::Journal],
            Source::Both => &[Through::Kmsg, Through::Journal],
        };
        let slots =
            |through: &Through| SourceSlots { through: *through, outcomes: [Slot::OFF; 4], lost: Slot::OFF };
        Self {
            sxids: Vec::new(),
            events: vec![EventCount::default(); Kind::ALL.len()],
            sources: through.iter().map(slots).collect(),
            begun: false,
            wants_series: true,
        }
    }

    /// Counts an SXid.
    pub(super) fn sxid(&mut self, event: &Sxid<'_>) {
        let same = |count: &&mut SxidCount| {
            (count.address, count.switch, count.code, count.severity)
                == (event.address, event.switch, event.code, event.severity)
        };
        if let Some(count) = self.sxids.iter_mut().find(same) {
            count.total.count();
        } else if self.sxids.len() < MOST_SXIDS {
            let mut total = Total::NONE;
            total.count();
            let Sxid { address, switch, code, severity, .. } = *event;
            self.sxids.push(SxidCount { address, switch, code, severity, total });
            self.wants_series = true;
        }
    }

    /// Counts an event of the machine.
    pub(super) fn event(&mut self, kind: Kind, unix_nanos: u64) {
        let count = &mut self.events[kind as usize];
        count.total += 1;
        self.wants_series |= count.seen_unix_nanos == 0;
        count.seen_unix_nanos = count.seen_unix_nanos.max(unix_nanos);
    }

    /// Whether there is something without a series.
    pub(super) const fn wants_series(&self) -> bool {
        self.wants_series
    }

    pub(super) fn discover(&mut self, series: &mut Registrar<'_, Metrics>) {
        self.wants_series = false;
        let begun = std::mem::replace(&mut self.begun, true);
        for (kind, count) in Kind::ALL.iter().zip(&mut self.events) {
            let attribute = || [Attribute::new("tracecore.kernel.event", kind.name())];
            if !begun {
                count.slot = series.begin(|metrics| metrics.events, attribute());
            }
            if count.seen_unix_nanos > 0 && !count.seen.is_on() {
                count.seen = series.begin(|metrics| metrics.event_last_seen, attribute());
            }
        }
        for count in self.sxids.iter_mut().filter(|count| count.total.lacks_series()) {
            let attributes = [
                Attribute::new("hw.id", count.address.to_string()),
                Attribute::new("hw.name", format!("nvswitch {}", count.switch)),
                Attribute::new("hw.vendor", "NVIDIA"),
                Attribute::new("tracecore.nvswitch.sxid.code", AttributeValue::from(i64::from(count.code))),
                Attribute::new("tracecore.nvswitch.sxid.severity", count.severity.name()),
                Attribute::new("source", "kernel"),
            ];
            count.total.begin(series.begin(|metrics| metrics.sxids, attributes));
        }
        if begun {
            return;
        }
        for source in &mut self.sources {
            let name = source.through.name();
            source.outcomes = ["read", "malformed", "oversized", "duplicate"].map(|outcome| {
                let attributes = [
                    Attribute::new("source", name),
                    Attribute::new("tracecore.kernel.record.outcome", outcome),
                ];
                series.begin(|metrics| metrics.records, attributes)
            });
            source.lost = series.begin(|metrics| metrics.lost, [Attribute::new("source", name)]);
        }
    }

    /// Sets all; says whether there is more to show than was shown.
    pub(super) fn set(&mut self, out: &mut Batch, tally: impl Fn(Through) -> Tally) -> bool {
        let mut more = false;
        for count in &self.events {
            out.set(count.slot, count.total);
            if count.seen_unix_nanos > 0 {
                out.set(count.seen, seconds(count.seen_unix_nanos));
            }
        }
        for count in &mut self.sxids {
            more |= count.total.set(out);
        }
        for source in &self.sources {
            let Tally { read, malformed, oversized, duplicate, lost } = tally(source.through);
            for (slot, number) in source.outcomes.iter().zip([read, malformed, oversized, duplicate]) {
                out.set(*slot, number);
            }
            out.set(source.lost, lost);
        }
        more
    }
}
