// SPDX-License-Identifier: Apache-2.0
//! Frames that wait in memory, and empty buffers for the next ones. No lock and no counter of
//! items here: the queue around it has both.
//!
//! Invariant: `waiting` is sorted by sequence, whatever was put back into it, so that its front
//! is the oldest.

use std::collections::VecDeque;

use tokio::time::Instant;
use tracecore_schema::delivery::Order;

use super::frame::Body;
use super::{Frame, Mark};

/// How many empty buffers are kept for reuse, and how many bytes they may have together.
const POOLED: usize = 16;
const POOLED_BYTES: usize = 2 << 20;
/// How many frames of other signals a batch looks past to find more of its own.
const LOOK_PAST: usize = 64;

#[derive(Debug)]
pub(super) struct Memory {
    waiting: VecDeque<Frame>,
    bytes: usize,
    /// Sequence and age of what is in an attempt.
    away: Vec<(u64, Instant)>,
    away_bytes: usize,
    sequence: u64,
    /// Buffers as they were sent.
    pool: Vec<(Mark, Vec<u8>)>,
    pooled: usize,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            waiting: VecDeque::with_capacity(64),
            bytes: 0,
            away: Vec::with_capacity(64),
            away_bytes: 0,
            sequence: 0,
            pool: Vec::with_capacity(POOLED),
            pooled: 0,
        }
    }

    /// Bytes that wait or are in an attempt.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes + self.away_bytes
    }

    pub(super) const fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is room for `bytes` more. A frame larger than the bound passes alone.
    pub(super) const fn fits(&self, bytes: usize, capacity: usize) -> bool {
        self.bytes() == 0 || self.bytes().saturating_add(bytes) <= capacity
    }

    /// Whether there would be room if nothing waited.
    pub(super) const fn could_fit(&self, bytes: usize, capacity: usize) -> bool {
        self.away_bytes == 0 || self.away_bytes.saturating_add(bytes) <= capacity
    }

    pub(super) fn push(&mut self, mut frame: Frame) {
        frame.sequence = self.sequence;
        self.sequence += 1;
        if self.waiting.len() >= POOLED {
            // Buffers do not go round now: this one stays for a while, and is counted as what it
            // holds, not as what it grew to.
            frame.shrink();
        }
        self.bytes += frame.len();
        self.waiting.push_back(frame);
    }

    /// Takes the oldest out for good.
    pub(super) fn drop_oldest(&mut self) -> Option<u64> {
        let frame = self.waiting.pop_front()?;
        self.bytes -= frame.len();
        let items = frame.items();
        self.pool(frame);
        Some(items)
    }

    /// Since when the oldest waits.
    pub(super) fn oldest_waiting(&self) -> Option<Instant> {
        self.waiting.front().map(Frame::since)
    }

    /// Since when the oldest waits or is in an attempt.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.away.iter().map(|(_, since)| *since).chain(self.oldest_waiting()).min()
    }

    /// Frames of one signal for an attempt, at most `bytes` of them unless the first alone is
    /// larger; oldest first in any order.
    pub(super) fn take(&mut self, bytes: usize, order: Order) -> Vec<Frame> {
        let (mut taken, mut past, mut sum) = (Vec::new(), Vec::new(), 0);
        let mut rest = None;
        while past.len() <= LOOK_PAST {
            let next = match order {
                Order::OldestFirst => self.waiting.pop_front(),
                Order::NewestFirst => self.waiting.pop_back(),
            };
            let Some(frame) = next else { break };
            let first: Option<&Frame> = taken.first();
            if first.is_some_and(|first| first.signal() != frame.signal()) {
                past.push(frame);
            } else if first.is_some() && sum + frame.len() > bytes {
                rest = Some(frame);
                break;
            } else {
                sum += frame.len();
                taken.push(frame);
            }
        }
        past.extend(rest);
        for frame in past.into_iter().rev() {
            match order {
                Order::OldestFirst => self.waiting.push_front(frame),
                Order::NewestFirst => self.waiting.push_back(frame),
            }
        }
        if order == Order::NewestFirst {
            taken.reverse();
        }
        self.bytes -= sum;
        self.away_bytes += sum;
        self.away.extend(taken.iter().map(|frame| (frame.sequence, frame.since())));
        taken
    }

    /// Puts a frame back to where it was before its attempt.
    pub(super) fn put_back(&mut self, frame: Frame) {
        self.back(&frame);
        self.bytes += frame.len();
        let place = self.waiting.partition_point(|waiting| waiting.sequence < frame.sequence);
        self.waiting.insert(place, frame);
    }

    /// The attempt has decided over a frame: its buffer is free.
    pub(super) fn done(&mut self, frame: Frame) {
        self.back(&frame);
        self.pool(frame);
    }

    fn back(&mut self, frame: &Frame) {
        if let Some(place) = self.away.iter().position(|(sequence, _)| *sequence == frame.sequence) {
            self.away.swap_remove(place);
            self.away_bytes -= frame.len();
        }
    }

    fn pool(&mut self, frame: Frame) {
        let mark = frame.mark;
        let Body::Bytes(bytes) = frame.into_parts().0 else { return };
        // Two go round whatever their size: one is filled while the other is delivered.
        let fits = self.pooled + bytes.capacity() <= POOLED_BYTES || self.pool.len() < 2;
        if self.pool.len() < POOLED && fits {
            self.pooled += bytes.capacity();
            self.pool.push((mark, bytes));
        }
    }

    /// A buffer to write the next frame into, as it was sent: of this layout if there is one.
    pub(super) fn spare(&mut self, layout: u64) -> Option<(Mark, Vec<u8>)> {
        let place = self.pool.iter().rposition(|(mark, _)| mark.layout == layout);
        let (mark, bytes) = match place {
            Some(place) => self.pool.swap_remove(place),
            None => self.pool.pop()?,
        };
        self.pooled -= bytes.capacity();
        Some((mark, bytes))
    }
}

#[cfg(test)]
mod tests {
    use tracecore_schema::SignalKind::{self, Logs, Metrics};
    use tracecore_schema::delivery::Order::{NewestFirst, OldestFirst};

    use super::{Frame, Memory};

    fn memory(frames: &[(SignalKind, usize)]) -> Memory {
        let mut memory = Memory::new();
        for (signal, bytes) in frames {
            memory.push(Frame::new(*signal, vec![0; *bytes], 1));
        }
        memory
    }

    fn sequences(frames: &[Frame]) -> Vec<u64> {
        frames.iter().map(|frame| frame.sequence).collect()
    }

    #[test]
    fn a_batch_is_full_at_its_bytes_and_holds_one_signal() {
        let mut memory = memory(&[(Metrics, 10), (Logs, 10), (Metrics, 10), (Metrics, 11), (Logs, 10)]);
        let first = memory.take(30, OldestFirst);
        assert_eq!(sequences(&first), [0, 2], "the next of metrics would be too much");
        assert_eq!((memory.len(), memory.waiting_bytes(), memory.bytes()), (3, 31, 51));
        assert_eq!(sequences(&memory.take(30, OldestFirst)), [1, 4]);
        assert_eq!(sequences(&memory.take(5, OldestFirst)), [3], "what is larger goes alone");
        assert!(memory.take(30, OldestFirst).is_empty());
    }

    #[test]
    fn the_newest_go_first_if_asked_for_and_are_in_order_within_their_batch() {
        let mut memory = memory(&[(Metrics, 10); 5]);
        assert_eq!(sequences(&memory.take(20, NewestFirst)), [3, 4]);
        assert_eq!(sequences(&memory.take(20, NewestFirst)), [1, 2]);
        assert_eq!(sequences(&memory.take(20, NewestFirst)), [0]);
    }

    #[test]
    fn what_is_put_back_stands_where_it_was_and_counts_all_the_time() {
        let mut memory = memory(&[(Metrics, 10); 5]);
        let (first, second) = (memory.take(20, OldestFirst), memory.take(20, OldestFirst));
        assert!(!memory.fits(1, 50) && memory.fits(1, 51));
        for frame in second.into_iter().chain(first) {
            memory.put_back(frame);
        }
        assert_eq!((memory.bytes(), memory.waiting_bytes()), (50, 50));
        assert_eq!(sequences(&memory.take(100, OldestFirst)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn buffers_that_are_kept_have_a_bound() {
        let mut memory = memory(&[(Metrics, 1 << 20); 20]);
        while memory.drop_oldest().is_some() {}
        assert!(memory.spare(0).is_some() && memory.spare(0).is_some());
        assert!(memory.spare(0).is_none(), "2 MiB are kept, not 20");
    }
}
