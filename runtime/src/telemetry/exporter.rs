// SPDX-License-Identifier: Apache-2.0
//! What is recorded about an exporter (contract X1): calls, and where every item went.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::queue::{Frames, QueueCounts};

/// Where items went after they left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemOutcome {
    /// The other side took them.
    Delivered,
    /// The other side said that it will never take them.
    Rejected,
    /// Given up after too many attempts.
    DroppedRetries,
    /// The collector stopped before they could be delivered.
    DroppedShutdown,
    /// An attempt was cut off: nobody knows whether they arrived.
    LostInterrupted,
}

impl ItemOutcome {
    /// All outcomes, in the order of their counters.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::Rejected, Self::DroppedRetries, Self::DroppedShutdown, Self::LostInterrupted];

    /// The `outcome` and `reason` labels.
    #[must_use]
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Delivered => ("delivered", ""),
            Self::Rejected => ("rejected", ""),
            Self::DroppedRetries => ("dropped", "retries"),
            Self::DroppedShutdown => ("dropped", "shutdown"),
            Self::LostInterrupted => ("lost", "interrupted"),
        }
    }
}

/// The counters of one exporter: atomics that whoever scrapes reads.
///
/// Invariant: recording never waits and never allocates.
#[derive(Debug)]
pub struct ExporterTelemetry {
    id: Arc<str>,
    kinds: &'static [&'static str],
    succeeded: AtomicU64,
    failed: Box<[AtomicU64]>,
    items: [AtomicU64; ItemOutcome::ALL.len()],
    in_flight: AtomicU64,
    queue: OnceLock<Frames>,
}

impl ExporterTelemetry {
    /// The counters of the exporter `id`, whose error kinds are `kinds`.
    #[must_use]
    pub fn new(id: Arc<str>, kinds: &'static [&'static str]) -> Arc<Self> {
        Arc::new(Self {
            id,
            kinds,
            succeeded: AtomicU64::new(0),
            failed: kinds.iter().map(|_| AtomicU64::new(0)).collect(),
            items: Default::default(),
            in_flight: AtomicU64::new(0),
            queue: OnceLock::new(),
        })
    }

    /// Says which queue feeds the exporter; its counts are shown from now on. The first one
    /// stays: an exporter has one queue.
    pub fn queue(&self, frames: Frames) {
        let _ = self.queue.set(frames);
    }

    /// `kind` or `kind/name` (R6).
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// One attempt succeeded.
    pub fn call_ok(&self) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
    }

    /// One attempt failed, by the place of its kind among the declared kinds.
    pub fn call_failed(&self, kind: usize) {
        debug_assert!(kind < self.failed.len(), "`{}` has no error kind {kind}", self.id);
        if let Some(count) = self.failed.get(kind) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Items have gone where they go.
    pub fn items(&self, outcome: ItemOutcome, items: u64) {
        self.items[outcome as usize].fetch_add(items, Ordering::Relaxed);
    }

    /// Items have left the queue and are being delivered; 0 when none are.
    pub fn in_flight(&self, items: u64) {
        self.in_flight.store(items, Ordering::Relaxed);
    }

    /// Attempts that succeeded.
    #[must_use]
    pub fn calls_ok(&self) -> u64 {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// Attempts that failed, by kind.
    pub fn calls_failed(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.kinds.iter().copied().zip(self.failed.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Items by `outcome` and `reason`, what the queue has seen included.
    pub fn item_counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let queue = self.queue_counts();
        let count = |counter: fn(&QueueCounts) -> &AtomicU64| {
            queue.map_or(0, |counts| counter(counts).load(Ordering::Relaxed))
        };
        let own = ItemOutcome::ALL.into_iter().zip(&self.items).map(|(outcome, count)| {
            let (outcome, reason) = outcome.labels();
            (outcome, reason, count.load(Ordering::Relaxed))
        });
        own.chain([
            ("accepted", "", count(|counts| &counts.accepted)),
            ("dropped", "queue_full", count(|counts| &counts.dropped)),
        ])
    }

    /// Items waiting now.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.queue_counts().map_or(0, |counts| counts.queued.load(Ordering::Relaxed))
    }

    /// Items being delivered now.
    #[must_use]
    pub fn in_flight_now(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Bytes waiting over bytes there is room for, 0 to 1 (D4); `None` without a queue.
    #[must_use]
    pub fn queue_depth(&self) -> Option<f64> {
        let frames = self.queue.get()?;
        let bytes = frames.counts().queued_bytes.load(Ordering::Relaxed) as f64;
        // A frame larger than the queue passes alone and would show as more than full.
        Some((bytes / frames.capacity().max(1) as f64).min(1.0))
    }

    fn queue_counts(&self) -> Option<&QueueCounts> {
        self.queue.get().map(Frames::counts)
    }
}

#[cfg(test)]
mod tests {
    use super::{ExporterTelemetry, ItemOutcome};
    use crate::queue::queue;

    #[test]
    fn x1_calls_and_items_are_counted_apart() {
        let telemetry = ExporterTelemetry::new("otlp".into(), &["connect", "io"]);
        telemetry.call_ok();
        telemetry.call_failed(1);
        telemetry.items(ItemOutcome::Delivered, 320);
        telemetry.items(ItemOutcome::DroppedRetries, 5);
        telemetry.in_flight(12);
        assert_eq!(telemetry.calls_ok(), 1);
        assert_eq!(telemetry.calls_failed().collect::<Vec<_>>(), [("connect", 0), ("io", 1)]);
        assert_eq!(telemetry.in_flight_now(), 12);
        let items: Vec<_> = telemetry.item_counts().filter(|(.., count)| *count > 0).collect();
        assert_eq!(items, [("delivered", "", 320), ("dropped", "retries", 5)]);
    }

    #[test]
    fn x1_what_the_queue_saw_is_shown_and_d4_its_depth() {
        let telemetry = ExporterTelemetry::new("otlp".into(), &[]);
        assert_eq!(telemetry.queue_depth(), None);
        let (frames, _receiver) = queue(100);
        telemetry.queue(frames.clone());
        for items in [1, 2, 3] {
            frames.send(vec![0; 40], items);
        }
        assert_eq!(telemetry.queued(), 5);
        assert_eq!(telemetry.queue_depth(), Some(0.8));
        let items: Vec<_> = telemetry.item_counts().filter(|(.., count)| *count > 0).collect();
        assert_eq!(items, [("accepted", "", 6), ("dropped", "queue_full", 1)]);
        frames.send(vec![0; 400], 1);
        assert_eq!(telemetry.queue_depth(), Some(1.0), "never more than full");
    }
}
