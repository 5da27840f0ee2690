// SPDX-License-Identifier: Apache-2.0
//! What a store has seen and holds, for self-telemetry: plain atomics that anybody may read.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Frames, and the data points or log records in them.
#[derive(Debug, Default)]
pub struct Tally {
    /// Frames.
    pub frames: AtomicU64,
    /// Data points or log records.
    pub items: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, frames: u64, items: u64) {
        self.frames.fetch_add(frames, Relaxed);
        self.items.fetch_add(items, Relaxed);
    }

    pub(super) fn sub(&self, frames: u64, items: u64) {
        self.frames.fetch_sub(frames, Relaxed);
        self.items.fetch_sub(items, Relaxed);
    }

    /// Frames and items.
    #[must_use]
    pub fn get(&self) -> (u64, u64) {
        (self.frames.load(Relaxed), self.items.load(Relaxed))
    }
}

/// What a store has seen since it was opened, and what it holds.
///
/// At rest, in frames and in items: `accepted + recovered = acknowledged + dropped_by_size +
/// dropped_by_memory + lost + queued + in_flight`. (`torn` and `corrupt` at recovery were never
/// recovered; damage found later is in `lost` and in `corrupt`.)
#[derive(Debug, Default)]
pub struct Counts {
    /// Appended by lanes.
    pub accepted: Tally,
    /// Found on disk, left by an earlier process. Grows until recovery is complete.
    pub recovered: Tally,
    /// Written: from then on a crash of the process does not lose them.
    pub written: Tally,
    /// Done with.
    pub acknowledged: Tally,
    /// Dropped, oldest first, because the folder had reached its size.
    pub dropped_by_size: Tally,
    /// Dropped, oldest first, because the disk did not take them and memory was full.
    pub dropped_by_memory: Tally,
    /// Were queued, and then could not be read any more.
    pub lost: Tally,
    /// Waiting, on disk or in memory.
    pub queued: Tally,
    /// Taken by the reader and not yet acknowledged or released.
    pub in_flight: Tally,
    /// Found damaged, at recovery or later. Items as far as known.
    pub corrupt: Tally,
    /// Bytes without meaning that were found.
    pub corrupt_bytes: AtomicU64,
    /// Found cut short by a crash in the middle of a write; never accepted durably.
    pub torn: Tally,
    /// Bytes of torn tails.
    pub torn_bytes: AtomicU64,
    /// Acknowledgements that were found damaged: their frames are delivered once more.
    pub damaged_acknowledgements: AtomicU64,
    /// Calls that write, create, sync or remove and failed.
    pub write_errors: AtomicU64,
    /// Calls that read and failed.
    pub read_errors: AtomicU64,
    /// Calls of fdatasync.
    pub syncs: AtomicU64,
    /// Bytes of the folder's segments and acknowledgements.
    pub disk_bytes: AtomicU64,
    /// Segment files.
    pub segments: AtomicU64,
    /// Payload bytes held in memory, frames in flight not among them.
    pub memory_bytes: AtomicU64,
    /// When the oldest frame that waits or is in flight was accepted, in nanoseconds since
    /// 1970; 0 if there is none.
    pub oldest_unix_nanos: AtomicU64,
    /// 1 while frames go to memory because the folder cannot be written to.
    pub degraded: AtomicU64,
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Relaxed);
    }

    pub(super) fn set(gauge: &AtomicU64, value: u64) {
        gauge.store(value, Relaxed);
    }
}
