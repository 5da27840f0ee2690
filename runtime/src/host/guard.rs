// SPDX-License-Identifier: Apache-2.0
//! The memory guard: a process that comes near its limit lets go of frames before the kernel
//! lets go of the process.
//!
//! Above the upper mark the oldest frames of all queues go, until what is resident less what was
//! freed is below the lower mark. Then nothing more goes until either is passed again, by the
//! margin between them: an allocator that keeps what was freed must not cost a second time, and
//! a process that hovers at a mark must not go back and forth.
//!
//! Must never: wait for a queue, or drop what is in an attempt.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::queue::QueueCloser;
use crate::telemetry::{MemoryTelemetry, resident_bytes};

/// A limit may be changed while we run.
const LIMIT_AGAIN: Duration = Duration::from_secs(10);
/// Parts of the limit in percent.
const UPPER: u64 = 85;
const LOWER: u64 = 75;

/// How much memory the process may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryLimit {
    /// What its control group allows; no limit without one.
    #[default]
    ControlGroup,
    /// So many bytes.
    Bytes(u64),
    /// No limit.
    None,
}

#[derive(Debug)]
pub(super) struct Guard {
    source: MemoryLimit,
    limit: Option<u64>,
    read_at: Option<Instant>,
    /// Frames go above this; `None` while nothing presses.
    ceiling: Option<u64>,
    telemetry: Arc<MemoryTelemetry>,
}

impl Guard {
    pub(super) const fn new(source: MemoryLimit, telemetry: Arc<MemoryTelemetry>) -> Self {
        Self { source, limit: None, read_at: None, ceiling: None, telemetry }
    }

    /// Looks at the process. Called every 100 ms.
    pub(super) fn look(&mut self, queues: &[QueueCloser]) {
        if self.read_at.is_none_or(|read| read.elapsed() >= LIMIT_AGAIN) {
            self.read_at = Some(Instant::now());
            let limit = match self.source {
                MemoryLimit::ControlGroup => super::cgroup::memory_limit(),
                MemoryLimit::Bytes(bytes) => Some(bytes),
                MemoryLimit::None => None,
            };
            self.follow(limit);
        }
        if self.limit.is_some()
            && let Some(resident) = resident_bytes()
        {
            self.judge(resident, queues);
        }
    }

    fn follow(&mut self, limit: Option<u64>) {
        if limit == self.limit {
            return;
        }
        self.limit = limit;
        self.ceiling = None;
        self.telemetry.limit.store(limit.unwrap_or(0), Ordering::Relaxed);
        if let Some(bytes) = limit {
            tracing::info!("the memory limit is {} MiB; near it, the oldest frames go first", bytes >> 20);
        }
    }

    /// `resident` is what the process has in RAM.
    fn judge(&mut self, resident: u64, queues: &[QueueCloser]) {
        let Some(limit) = self.limit else { return };
        let mark = |percent: u64| limit / 100 * percent;
        let (upper, lower) = (mark(UPPER), mark(LOWER));
        if resident < lower {
            if self.ceiling.take().is_some() {
                self.telemetry.pressed.store(0, Ordering::Relaxed);
                tracing::info!("memory is below its lower mark again");
            }
            return;
        }
        if resident <= self.ceiling.unwrap_or(upper) {
            return;
        }
        let first = self.ceiling.is_none();
        let freed = shed(queues, resident - lower);
        // What was freed may stay with the allocator, to be used again: only growth beyond
        // where the process stands now is a reason for more.
        self.ceiling = Some(resident.max(upper) + (upper - lower) / 4);
        self.telemetry.pressed.store(1, Ordering::Relaxed);
        self.telemetry.shed.fetch_add(freed, Ordering::Relaxed);
        if first || freed > 0 {
            tracing::warn!(
                "{} MiB of {} MiB are in use: let go of the oldest {} KiB of frames",
                resident >> 20,
                limit >> 20,
                freed >> 10
            );
        }
    }
}

/// Lets go of the oldest frames of all queues, `bytes` of them or all there are; gives how many
/// bytes that was.
fn shed(queues: &[QueueCloser], bytes: u64) -> u64 {
    let mut freed = 0;
    let mut left: Vec<_> = queues.iter().collect();
    while freed < bytes {
        let oldest = left.iter().enumerate().filter_map(|(at, queue)| Some((queue.oldest_waiting()?, at)));
        let Some((_, at)) = oldest.min() else { break };
        match left[at].shed_oldest() {
            Some(gone) => freed += gone as u64,
            None => drop(left.swap_remove(at)),
        }
    }
    freed
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::{Guard, MemoryLimit};
    use crate::queue::{ItemOutcome, queue};
    use crate::telemetry::MemoryTelemetry;

    const MIB: u64 = 1 << 20;

    fn guard() -> Guard {
        let mut guard = Guard::new(MemoryLimit::None, Arc::<MemoryTelemetry>::default());
        guard.follow(Some(100 * MIB));
        guard
    }

    fn shed(guard: &Guard) -> u64 {
        guard.telemetry.shed.load(Ordering::Relaxed)
    }

    #[test]
    fn the_oldest_frames_of_all_queues_go_first_and_are_counted() {
        let (mut old, old_queue) = queue(100 << 20);
        let (mut new, new_queue) = queue(100 << 20);
        for _ in 0..10 {
            old.send(vec![0; 1 << 20], 1);
        }
        std::thread::sleep(Duration::from_millis(2));
        for _ in 0..10 {
            new.send(vec![0; 1 << 20], 1);
        }
        let queues = [new_queue.closer(), old_queue.closer()];
        let mut guard = guard();
        guard.judge(84 * MIB, &queues);
        assert_eq!(shed(&guard), 0, "below the upper mark");
        guard.judge(87 * MIB, &queues);
        assert_eq!(shed(&guard), 12 * MIB, "down to the lower mark");
        let dropped = |frames: &crate::queue::Frames| frames.ended(ItemOutcome::DroppedMemory);
        assert_eq!((dropped(&old), dropped(&new)), (10, 2));
        assert_eq!((old.balance().gap(), new.balance().gap()), (0, 0));
    }

    #[test]
    fn what_the_allocator_keeps_does_not_cost_a_second_time() {
        let (mut frames, receiver) = queue(100 << 20);
        for _ in 0..60 {
            frames.send(vec![0; 1 << 20], 1);
        }
        let queues = [receiver.closer()];
        let mut guard = guard();
        guard.judge(86 * MIB, &queues);
        assert_eq!(shed(&guard), 11 * MIB);
        for _ in 0..100 {
            guard.judge(86 * MIB, &queues);
        }
        assert_eq!(shed(&guard), 11 * MIB, "it stays where it is");
        guard.judge(95 * MIB, &queues);
        assert_eq!(shed(&guard), 31 * MIB, "it grew on");
        assert_eq!(guard.telemetry.pressed.load(Ordering::Relaxed), 1);
        guard.judge(74 * MIB, &queues);
        assert_eq!(guard.telemetry.pressed.load(Ordering::Relaxed), 0);
        guard.judge(84 * MIB, &queues);
        assert_eq!(shed(&guard), 31 * MIB, "between the marks nothing happens");
        guard.judge(86 * MIB, &queues);
        assert_eq!(shed(&guard), 42 * MIB, "it begins anew");
    }

    #[test]
    fn nothing_to_let_go_of_is_no_endless_loop() {
        let (mut frames, receiver) = queue(1 << 20);
        frames.send(vec![0; 1000], 1);
        let in_an_attempt = receiver.take(1 << 20);
        let mut guard = guard();
        guard.judge(99 * MIB, &[receiver.closer()]);
        assert_eq!((shed(&guard), in_an_attempt.is_some()), (0, true));
    }

    #[test]
    fn a_limit_that_is_lifted_is_followed() {
        let mut guard = guard();
        guard.judge(99 * MIB, &[]);
        guard.follow(None);
        assert_eq!(guard.telemetry.limit.load(Ordering::Relaxed), 0);
        guard.judge(99 * MIB, &[]);
        guard.follow(Some(1000 * MIB));
        assert_eq!(guard.telemetry.limit.load(Ordering::Relaxed), 1000 * MIB);
    }
}
