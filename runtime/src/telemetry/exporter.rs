// SPDX-License-Identifier: Apache-2.0
//! What is recorded about an exporter (contract X1): calls, and where every item went.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::queue::{Frame, Frames, QueueCounts};

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
    epoch: Instant,
    /// When the frame in flight was sent by its lane, in nanoseconds since the epoch plus one;
    /// 0 when there is none.
    in_flight_since: AtomicU64,
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
            epoch: Instant::now(),
            in_flight_since: AtomicU64::new(0),
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
        let since = if items == 0 { 0 } else { self.nanos(Instant::now()) };
        self.in_flight_since.store(since, Ordering::Relaxed);
    }

    /// A frame has left the queue and is being delivered.
    pub fn delivering(&self, frame: &Frame) {
        self.in_flight(frame.items());
        self.in_flight_since.store(self.nanos(frame.since()), Ordering::Relaxed);
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
        let late = count(|counts| &counts.late);
        let own = ItemOutcome::ALL.into_iter().zip(&self.items).map(move |(outcome, count)| {
            // What a lane sent after the queue was closed was dropped by the shutdown as well.
            let late = if outcome == ItemOutcome::DroppedShutdown { late } else { 0 };
            let (outcome, reason) = outcome.labels();
            (outcome, reason, count.load(Ordering::Relaxed) + late)
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

    /// Bytes that wait and bytes there is room for; `None` without a queue.
    #[must_use]
    pub fn queue_bytes(&self) -> Option<(u64, u64)> {
        let frames = self.queue.get()?;
        Some((frames.counts().queued_bytes.load(Ordering::Relaxed), frames.capacity() as u64))
    }

    /// How old the oldest frame is that waits or is being delivered, zero if there is none;
    /// `None` without a queue.
    #[must_use]
    pub fn oldest_frame_age(&self) -> Option<Duration> {
        let frames = self.queue.get()?;
        let in_flight = match self.in_flight_since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => Duration::from_nanos(self.nanos(Instant::now()).saturating_sub(since)),
        };
        // What is in flight left the queue first, and so is the older of the two.
        let waiting = frames.oldest().map_or(Duration::ZERO, |since| since.elapsed());
        Some(in_flight.max(waiting))
    }

    /// Never 0.
    fn nanos(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.epoch);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn queue_counts(&self) -> Option<&QueueCounts> {
        self.queue.get().map(Frames::counts)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        let (mut frames, _receiver) = queue(100);
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
        assert!(first.is_some());
        assert!(telemetry.oldest_frame_age().is_some_and(|age| age < old), "the second one is new");
        if let Some(frame) = &first {
            telemetry.delivering(frame);
        }
        assert!(telemetry.oldest_frame_age().is_some_and(|age| age >= old));
        telemetry.in_flight(0);
        drop(receiver.try_next());
        assert_eq!(telemetry.oldest_frame_age(), Some(Duration::ZERO));
    }
}
