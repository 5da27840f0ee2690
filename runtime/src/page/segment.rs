// SPDX-License-Identifier: Apache-2.0
//! What one branch of one lane stores: the numbers of its last tick, and when that was.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::clock::whole_nanos;
use super::sequence::Sequence;
use crate::LaneInfo;

/// Series per chunk: as many as a word of presence bits.
pub(super) const CHUNK: usize = 64;

/// A tick that is older than this many intervals is not shown.
const INTERVALS: u64 = 3;
/// With very short intervals a lane that merely waited for a processor would come and go.
const LEAST_AGE: Duration = Duration::from_millis(100);

/// The numbers of 64 series. Chunks are added as a lane grows and never move, so that readers
/// and the lane need not agree on anything but the sequence.
#[derive(Debug)]
pub(super) struct Chunk {
    copies: [Copy; 2],
}

#[derive(Debug)]
struct Copy {
    present: AtomicU64,
    values: [AtomicU64; CHUNK],
}

impl Chunk {
    pub(super) fn new() -> Self {
        let zero = |_| AtomicU64::new(0);
        Self { copies: array::from_fn(|_| Copy { present: AtomicU64::new(0), values: array::from_fn(zero) }) }
    }

    /// Values that are not present are stored as well: that is cheaper than to look.
    #[inline]
    pub(super) fn store(&self, copy: usize, present: u64, values: &[u64]) {
        let copy = &self.copies[copy];
        copy.present.store(present, Ordering::Relaxed);
        if present != 0 {
            for (cell, value) in copy.values.iter().zip(values) {
                cell.store(*value, Ordering::Relaxed);
            }
        }
    }

    #[inline]
    pub(super) fn load(&self, copy: usize, values: &mut [u64]) -> u64 {
        let copy = &self.copies[copy];
        for (cell, value) in copy.values.iter().zip(values) {
            *value = cell.load(Ordering::Relaxed);
        }
        copy.present.load(Ordering::Relaxed)
    }
}

/// Everything about a segment but its numbers.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) receiver: Arc<str>,
    pub(super) pipeline: Arc<str>,
    /// Set, with the index locked, when the lane ended or was given up: nothing of it is on the
    /// page any more and nothing comes onto it.
    pub(super) gone: AtomicBool,
    pub(super) sequence: Sequence,
    ticks: [Tick; 2],
    oldest: u64,
}

/// When the values of a copy were taken.
#[derive(Debug, Default)]
struct Tick {
    clock: AtomicU64,
    unix: AtomicU64,
}

impl Segment {
    pub(super) fn new(lane: &LaneInfo) -> Self {
        let oldest = whole_nanos(lane.interval).saturating_mul(INTERVALS).max(whole_nanos(LEAST_AGE));
        Self {
            receiver: Arc::clone(&lane.receiver),
            pipeline: Arc::clone(&lane.pipeline),
            gone: AtomicBool::new(false),
            sequence: Sequence::new(),
            ticks: [Tick::default(), Tick::default()],
            oldest,
        }
    }

    #[inline]
    pub(super) fn stamp(&self, copy: usize, clock: u64, unix: u64) {
        self.ticks[copy].clock.store(clock, Ordering::Relaxed);
        self.ticks[copy].unix.store(unix, Ordering::Relaxed);
    }

    /// When the tick was, in nanoseconds since 1970, unless it was too long before `now`.
    pub(super) fn fresh(&self, copy: usize, now: u64) -> Option<u64> {
        let age = now.saturating_sub(self.ticks[copy].clock.load(Ordering::Relaxed));
        (age <= self.oldest).then(|| self.ticks[copy].unix.load(Ordering::Relaxed))
    }
}
