// SPDX-License-Identifier: Apache-2.0
//! The frames between a lane and the I/O thread: finished bytes in a queue bounded in bytes.
//!
//! A lane takes an empty buffer, fills it and sends it; the I/O thread takes frames out and
//! gives the buffers back. While delivery keeps up, the same few buffers go round and nothing
//! is allocated. While it does not, one buffer per frame, counted in its bytes; when the bound
//! is reached the oldest frames go first, and each is counted.
//!
//! Invariant: `send` never waits for delivery. The lock is held for a few pushes and pops,
//! never across an await, a write or a call into a component.

mod frame;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tracecore_schema::SignalKind;

pub use frame::{Frame, FrameBatch};

/// How many empty buffers are kept for reuse.
const POOLED: usize = 16;
/// An empty buffer larger than this is given back to the allocator.
const POOLED_BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    bytes: usize,
    pool: Vec<Vec<u8>>,
    closed: bool,
}

/// What the queue has seen, in items; read by self-telemetry.
#[derive(Debug, Default)]
pub struct QueueCounts {
    /// Sent by lanes.
    pub accepted: AtomicU64,
    /// Dropped because the bound was reached.
    pub dropped: AtomicU64,
    /// Came after the queue was closed.
    pub late: AtomicU64,
    /// Waiting now.
    pub queued: AtomicU64,
    /// Bytes waiting now.
    pub queued_bytes: AtomicU64,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ready: Notify,
    capacity: usize,
    counts: QueueCounts,
}

/// The sending side: one per encoder, all of an exporter's feed one queue. It keeps the next
/// frame's buffer, so that encoding needs no lock.
#[derive(Debug)]
pub struct Frames {
    shared: Arc<Shared>,
    spare: Vec<u8>,
    signal: SignalKind,
}

impl Clone for Frames {
    /// Another sender into the same queue, with a buffer of its own.
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), spare: Vec::new(), signal: self.signal }
    }
}

/// The receiving side.
#[derive(Debug)]
pub struct FrameReceiver(Arc<Shared>);

/// Closes a queue from elsewhere: the receiving side then sees what still waits, and the end.
#[derive(Clone, Debug)]
pub struct QueueCloser(Arc<Shared>);

impl QueueCloser {
    /// Takes no more frames; those that wait can still be taken out.
    pub fn close(&self) {
        self.0.lock().closed = true;
        self.0.ready.notify_one();
    }
}

/// A queue that holds at most `capacity` bytes (and at least one frame).
#[must_use]
pub fn queue(capacity: usize) -> (Frames, FrameReceiver) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            frames: VecDeque::with_capacity(64),
            pool: Vec::with_capacity(POOLED),
            ..State::default()
        }),
        ready: Notify::new(),
        capacity,
        counts: QueueCounts::default(),
    });
    let frames = Frames { shared: Arc::clone(&shared), spare: Vec::new(), signal: SignalKind::Metrics };
    (frames, FrameReceiver(shared))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held cannot leave the state half changed: every change
        // below is a push or a pop with its sum.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, state: &mut State, mut bytes: Vec<u8>) {
        if state.pool.len() < POOLED && bytes.capacity() <= POOLED_BYTES {
            bytes.clear();
            state.pool.push(bytes);
        }
    }

    fn pop(&self, state: &mut State) -> Option<Frame> {
        let frame = state.frames.pop_front()?;
        state.bytes -= frame.bytes.len();
        self.settle(state, &frame);
        Some(frame)
    }

    fn settle(&self, state: &State, frame: &Frame) {
        self.counts.queued.fetch_sub(frame.items(), Ordering::Relaxed);
        self.counts.queued_bytes.store(state.bytes as u64, Ordering::Relaxed);
    }
}

impl Frames {
    /// The same queue for an encoder of another signal: frames say what they carry.
    #[must_use]
    pub const fn carrying(mut self, signal: SignalKind) -> Self {
        self.signal = signal;
        self
    }

    /// An empty buffer, with room from earlier use if there is one.
    #[must_use]
    #[inline]
    pub fn buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Sends a filled buffer that holds `items` data points or records. An empty one is only
    /// given back.
    pub fn send(&mut self, bytes: Vec<u8>, items: u64) {
        if bytes.is_empty() {
            self.spare = bytes;
            return;
        }
        let shared = &*self.shared;
        let counts = &shared.counts;
        let mut state = shared.lock();
        counts.accepted.fetch_add(items, Ordering::Relaxed);
        if state.closed {
            counts.late.fetch_add(items, Ordering::Relaxed);
            return;
        }
        while state.bytes + bytes.len() > shared.capacity
            && let Some(oldest) = shared.pop(&mut state)
        {
            counts.dropped.fetch_add(oldest.items(), Ordering::Relaxed);
            shared.give_back(&mut state, oldest.bytes);
        }
        state.bytes += bytes.len();
        counts.queued.fetch_add(items, Ordering::Relaxed);
        counts.queued_bytes.store(state.bytes as u64, Ordering::Relaxed);
        state.frames.push_back(Frame::new(self.signal, bytes, items));
        let spare = state.pool.pop();
        drop(state);
        shared.ready.notify_one();
        self.spare = spare.unwrap_or_default();
    }

    /// What the queue has seen.
    #[must_use]
    pub fn counts(&self) -> &QueueCounts {
        &self.shared.counts
    }

    /// When the oldest frame that waits was sent.
    #[must_use]
    pub fn oldest(&self) -> Option<Instant> {
        self.shared.lock().frames.front().map(Frame::since)
    }

    /// How many bytes it may hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }
}

impl FrameReceiver {
    /// The oldest frame, as soon as there is one. `None` once the queue is closed and empty.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            let ready = self.0.ready.notified();
            {
                let mut state = self.0.lock();
                if let Some(frame) = self.0.pop(&mut state) {
                    return Some(frame);
                }
                if state.closed {
                    return None;
                }
            }
            ready.await;
        }
    }

    /// The oldest frame, if there is one now.
    #[must_use]
    pub fn try_next(&mut self) -> Option<Frame> {
        let mut state = self.0.lock();
        self.0.pop(&mut state)
    }

    /// Gives the buffer of a delivered frame back for reuse.
    pub fn recycle(&mut self, frame: Frame) {
        let mut state = self.0.lock();
        self.0.give_back(&mut state, frame.bytes);
    }

    /// What closes the queue from elsewhere.
    #[must_use]
    pub fn closer(&self) -> QueueCloser {
        QueueCloser(Arc::clone(&self.0))
    }

    /// Takes no more frames, drops what still waits, and says how many items that was: the
    /// caller counts them.
    pub fn close_and_discard(&mut self) -> u64 {
        let mut state = self.0.lock();
        state.closed = true;
        let mut items = 0;
        while let Some(frame) = self.0.pop(&mut state) {
            items += frame.items();
        }
        items
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may end here")]
    use std::sync::atomic::Ordering;

    use super::queue;

    fn frame(bytes: usize) -> Vec<u8> {
        vec![7; bytes]
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_oldest_frames_go_first_and_every_item_is_accounted_for() {
        let (mut frames, mut receiver) = queue(100);
        for items in 1..=5 {
            frames.send(frame(40), items);
        }
        let counts = frames.counts();
        assert_eq!(counts.accepted.load(Ordering::Relaxed), 15);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 6, "frames 1, 2 and 3 made room");
        assert_eq!(counts.queued.load(Ordering::Relaxed), 9);
        receiver.closer().close();
        let mut delivered = 0;
        while let Some(frame) = receiver.next().await {
            delivered += frame.items();
            receiver.recycle(frame);
        }
        assert_eq!(delivered, 9);
        assert_eq!(counts.queued.load(Ordering::Relaxed) + counts.queued_bytes.load(Ordering::Relaxed), 0);
        frames.send(frame(1), 3);
        assert_eq!(frames.counts().late.load(Ordering::Relaxed), 3, "a closed queue takes nothing more");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_frame_larger_than_the_bound_still_passes_alone() {
        let (mut frames, mut receiver) = queue(10);
        frames.send(frame(5), 1);
        frames.send(frame(50), 1);
        assert_eq!(receiver.next().await.map(|frame| frame.bytes().len()), Some(50));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn buffers_go_round() {
        let (mut frames, mut receiver) = queue(1000);
        let mut places = std::collections::BTreeSet::new();
        for _ in 0..10 {
            let mut buffer = frames.buffer();
            assert!(buffer.is_empty());
            buffer.extend([1; 100]);
            places.insert(buffer.as_ptr());
            frames.send(buffer, 1);
            let frame = receiver.next().await;
            receiver.recycle(frame.expect("it was sent"));
        }
        assert_eq!(places.len(), 2, "one is filled while the other is delivered");
    }
}
