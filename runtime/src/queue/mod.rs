// SPDX-License-Identifier: Apache-2.0
//! The frames between a lane and the I/O thread: finished bytes in a queue bounded in bytes.
//!
//! A lane takes an empty buffer, fills it and sends it; the I/O thread takes batches of frames
//! out, puts back what could not be delivered, and gives the buffers of the others back. While
//! delivery keeps up, the same few buffers go round and nothing is allocated. While it does not,
//! one buffer per frame, counted in its bytes. What is in an attempt counts as well; what
//! happens when the bound is reached is the operator's choice ([`Overflow`]).
//!
//! Invariant: `send` never waits for delivery, unless the operator chose `block`, and then no
//! longer than to its lane's next tick. The lock is held for a few pushes and pops, never across
//! an await, a write or a call into a component.

mod block;
pub mod disk;
mod frame;
mod ledger;
mod memory;
mod receiver;
mod sender;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tracecore_schema::delivery::{Order, Overflow, QueueConfig};

pub(crate) use block::ticks_at;
pub use frame::{Frame, FrameBatch, Mark};
pub use ledger::{Balance, ItemOutcome};
pub use receiver::FrameReceiver;
pub(crate) use receiver::Waiting;
pub use sender::Frames;

use ledger::Ledger;
use memory::Memory;

/// What a queue does at its bound, and in which order it gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Bytes that may wait or be in an attempt.
    pub(crate) capacity: usize,
    pub(crate) overflow: Overflow,
    pub(crate) order: Order,
}

impl Rules {
    pub(crate) fn of(config: &QueueConfig) -> Self {
        let capacity = usize::try_from(config.size.0).unwrap_or(usize::MAX);
        Self { capacity, overflow: config.overflow, order: config.order }
    }
}

#[derive(Debug)]
struct State {
    memory: Memory,
    /// Takes no more frames.
    closed: bool,
    /// Nobody may wait for room any more.
    hurried: bool,
    /// Lanes that wait for room.
    blocked: usize,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ready: Notify,
    room: Condvar,
    rules: Rules,
    ledger: Ledger,
    /// Bytes that wait or are in an attempt; for whoever reads without the lock.
    bytes: AtomicU64,
}

/// A queue that holds at most `capacity` bytes (and at least one frame); the oldest make room.
#[must_use]
pub fn queue(capacity: usize) -> (Frames, FrameReceiver) {
    with_rules(Rules { capacity, overflow: Overflow::DropOldest, order: Order::OldestFirst })
}

/// A queue under these rules.
pub(crate) fn with_rules(rules: Rules) -> (Frames, FrameReceiver) {
    let state = State { memory: Memory::new(), closed: false, hurried: false, blocked: 0 };
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        ready: Notify::new(),
        room: Condvar::new(),
        rules,
        ledger: Ledger::default(),
        bytes: AtomicU64::new(0),
    });
    (Frames::new(Arc::clone(&shared)), FrameReceiver::new(shared))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held cannot leave the state half changed: every change
        // is a push or a pop with its sum.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what is known without the lock, and whoever waits for room. Called at the end of
    /// every change.
    fn changed(&self, state: &State) {
        self.bytes.store(state.memory.bytes() as u64, Ordering::Relaxed);
        if state.blocked > 0 {
            self.room.notify_all();
        }
    }

    /// Drops the oldest frame that waits.
    fn drop_oldest(&self, state: &mut State, outcome: ItemOutcome) -> Option<u64> {
        let items = state.memory.drop_oldest()?;
        self.ledger.end_queued(outcome, items);
        Some(items)
    }
}

/// A queue from outside: what it holds, and its end.
#[derive(Clone, Debug)]
pub struct QueueCloser(Arc<Shared>);

impl QueueCloser {
    /// Lets nobody wait for room any more: lanes are about to be stopped.
    pub fn hurry(&self) {
        self.0.lock().hurried = true;
        self.0.room.notify_all();
    }

    /// Takes no more frames; those that wait can still be taken out.
    pub fn close(&self) {
        self.0.lock().closed = true;
        self.0.room.notify_all();
        self.0.ready.notify_one();
    }

    /// Where all items are.
    #[must_use]
    pub fn balance(&self) -> Balance {
        let _exact = self.0.lock();
        self.0.ledger.balance()
    }

    /// Since when the oldest frame waits that could be dropped.
    pub(crate) fn oldest_waiting(&self) -> Option<Instant> {
        self.0.lock().memory.oldest_waiting()
    }

    /// Drops the oldest frame that waits in memory, since the process is near its limit; gives
    /// the bytes that became free.
    pub(crate) fn shed_oldest(&self) -> Option<usize> {
        let mut state = self.0.lock();
        let before = state.memory.bytes();
        self.0.drop_oldest(&mut state, ItemOutcome::DroppedMemory)?;
        self.0.changed(&state);
        Some(before - state.memory.bytes())
    }
}

#[cfg(test)]
mod tests;
