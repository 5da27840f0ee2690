// SPDX-License-Identifier: Apache-2.0
//! What is recorded about an exporter (contract X1): calls, and where every item went.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::queue::{Balance, Frames, ItemOutcome};

/// The counters of one exporter: atomics that whoever scrapes reads.
///
/// Invariant: recording never waits and never allocates.
#[derive(Debug)]
pub struct ExporterTelemetry {
    id: Arc<str>,
    kinds: &'static [&'static str],
    succeeded: AtomicU64,
    failed: Box<[AtomicU64]>,
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

    /// Attempts that succeeded.
    #[must_use]
    pub fn calls_ok(&self) -> u64 {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// Attempts that failed, by kind.
    pub fn calls_failed(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.kinds.iter().copied().zip(self.failed.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Items by `outcome` and `reason`.
    pub fn item_counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let (balance, counts) = self.queue.get().map(Frames::outcomes).unwrap_or_default();
        let ended = ItemOutcome::ALL.into_iter().zip(counts).map(|(outcome, count)| {
            let (name, reason) = outcome.labels();
            (name, reason, count)
        });
        ended.chain([("accepted", "", balance.accepted), ("recovered", "", balance.recovered)])
    }

    /// Where all items are at this moment; all zero without a queue.
    #[must_use]
    pub fn balance(&self) -> Balance {
        self.queue.get().map(Frames::balance).unwrap_or_default()
    }

    /// Items waiting now.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.balance().queued
    }

    /// Items being delivered now.
    #[must_use]
    pub fn in_flight_now(&self) -> u64 {
        self.balance().in_flight
    }

    /// Bytes waiting or being delivered over bytes there is room for, 0 to 1 (D4); `None` without
    /// a queue.
    #[must_use]
    pub fn queue_depth(&self) -> Option<f64> {
        let (bytes, capacity) = self.queue_bytes()?;
        // A frame larger than the queue passes alone and would show as more than full.
        Some((bytes as f64 / capacity.max(1) as f64).min(1.0))
    }

    /// Bytes that wait or are being delivered, and bytes there is room for; `None` without a
    /// queue.
    #[must_use]
    pub fn queue_bytes(&self) -> Option<(u64, u64)> {
        let queue = self.queue.get()?;
        Some((queue.bytes(), queue.capacity()))
    }

    /// Whether frames that should be on a disk wait in memory, since the disk takes none; `None`
    /// without a queue.
    #[must_use]
    pub fn storage_degraded(&self) -> Option<bool> {
        Some(self.queue.get()?.is_degraded())
    }

    /// How old the oldest frame is that waits or is being delivered, zero if there is none;
    /// `None` without a queue.
    #[must_use]
    pub fn oldest_frame_age(&self) -> Option<Duration> {
        let queue = self.queue.get()?;
        Some(queue.oldest().map_or(Duration::ZERO, |since| since.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ExporterTelemetry;
    use crate::queue::queue;

    #[test]
    fn x1_calls_and_items_are_counted_apart() {
        let telemetry = ExporterTelemetry::new("otlp".into(), &["connect", "io"]);
        telemetry.call_ok();
        telemetry.call_failed(1);
        assert_eq!(telemetry.calls_ok(), 1);
        assert_eq!(telemetry.calls_failed().collect::<Vec<_>>(), [("connect", 0), ("io", 1)]);
        assert_eq!(telemetry.balance(), Default::default());
        assert!(telemetry.item_counts().all(|(.., count)| count == 0), "all are there from the start");
    }

    #[test]
    fn x1_what_the_queue_saw_is_shown_and_d4_its_depth() {
        let telemetry = ExporterTelemetry::new("otlp".into(), &[]);
        assert_eq!(telemetry.queue_depth(), None);
        let (mut frames, _receiver) = queue(100);
        telemetry.queue(frames.clone());
        for items in [1, 2, 3] {
            frames.send(vec![0; 40], items);
        }
        assert_eq!(telemetry.queued(), 5);
        assert_eq!(telemetry.queue_depth(), Some(0.8));
        let items: Vec<_> = telemetry.item_counts().filter(|(.., count)| *count > 0).collect();
        assert_eq!(items, [("dropped", "queue_full", 1), ("accepted", "", 6)]);
        frames.send(vec![0; 400], 1);
        assert_eq!(telemetry.queue_depth(), Some(1.0), "never more than full");
        assert_eq!(telemetry.queue_bytes(), Some((400, 100)));
    }

    #[test]
    fn the_oldest_frame_is_the_one_in_flight_or_the_first_that_waits() {
        let telemetry = ExporterTelemetry::new("otlp".into(), &[]);
        assert_eq!(telemetry.oldest_frame_age(), None);
        let (mut frames, mut receiver) = queue(100);
        telemetry.queue(frames.clone());
        assert_eq!(telemetry.oldest_frame_age(), Some(Duration::ZERO));
        frames.send(vec![0; 40], 1);
        std::thread::sleep(Duration::from_millis(20));
        frames.send(vec![0; 40], 1);
        let old = Duration::from_millis(20);
        assert!(telemetry.oldest_frame_age().is_some_and(|age| age >= old));
        let first = receiver.try_next();
        assert!(telemetry.oldest_frame_age().is_some_and(|age| age >= old), "it is in an attempt");
        assert_eq!(telemetry.in_flight_now(), 1);
        first.into_iter().for_each(|frame| receiver.recycle(frame));
        assert!(telemetry.oldest_frame_age().is_some_and(|age| age < old), "the second one is new");
        receiver.try_next().into_iter().for_each(|frame| receiver.recycle(frame));
        assert_eq!(telemetry.oldest_frame_age(), Some(Duration::ZERO));
        assert_eq!(telemetry.in_flight_now(), 0);
    }
}
