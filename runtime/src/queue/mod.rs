// SPDX-License-Identifier: Apache-2.0
//! The frames between a lane and the I/O thread: finished bytes in a queue bounded in bytes.
//!
//! A lane takes an empty buffer, fills it and sends it; the I/O thread takes batches of frames
//! out, puts back what could not be delivered, and gives the buffers of the others back. While
//! delivery keeps up, the same few buffers go round and nothing is allocated. While it does not,
//! one buffer per frame, counted in its bytes. What is in an attempt counts as well; what
//! happens when the bound is reached is the operator's choice ([`Overflow`]), and so is whether
//! frames wait in memory or in files (`disk`): whoever sends and takes notices no difference.
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
mod storage;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tracecore_schema::delivery::{Order, Overflow, QueueConfig};

pub(crate) use block::ticks_at;
pub use frame::{Frame, FrameBatch, Mark};
pub use ledger::{Balance, ItemOutcome};
pub use receiver::FrameReceiver;
pub(crate) use receiver::{Left, Waiting};
pub use sender::Frames;

use ledger::Ledger;
use memory::Memory;
use storage::{Shelf, Storage};

use crate::Logger;

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
    ready: Arc<Notify>,
    room: Condvar,
    rules: Rules,
    ledger: Ledger,
    /// Bytes that wait or are in an attempt in memory; for whoever reads without the lock.
    bytes: AtomicU64,
    /// Where frames are instead of in `state`, if they are durable.
    storage: Option<Storage>,
}

/// A queue that holds at most `capacity` bytes (and at least one frame); the oldest make room.
#[must_use]
pub fn queue(capacity: usize) -> (Frames, FrameReceiver) {
    with_rules(Rules { capacity, overflow: Overflow::DropOldest, order: Order::OldestFirst })
}

/// A queue under these rules, in memory.
pub(crate) fn with_rules(rules: Rules) -> (Frames, FrameReceiver) {
    make(rules, Arc::default(), None)
}

/// The queue that an operator chose: in memory, or in a folder that holds the frames of
/// `content`. At most `in_flight` bytes are taken out at once.
///
/// # Errors
///
/// The folder is refused.
pub(crate) fn open(
    config: &QueueConfig,
    content: &str,
    in_flight: usize,
    logger: &Logger,
) -> Result<(Frames, FrameReceiver), String> {
    let rules = Rules::of(config);
    let Some(path) = &config.storage else { return Ok(with_rules(rules)) };
    let ready = Arc::<Notify>::default();
    let stored = storage::open(path, config, rules, content, in_flight, Arc::clone(&ready), logger.clone())?;
    Ok(make(rules, ready, Some(stored)))
}

fn make(rules: Rules, ready: Arc<Notify>, stored: Option<(Storage, Shelf)>) -> (Frames, FrameReceiver) {
    let state = State { memory: Memory::new(), closed: false, hurried: false, blocked: 0 };
    let (storage, shelf) = stored.unzip();
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        ready,
        room: Condvar::new(),
        rules,
        ledger: Ledger::default(),
        bytes: AtomicU64::new(0),
        storage,
    });
    (Frames::new(Arc::clone(&shared)), FrameReceiver::new(shared, shelf))
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

    /// Where all items are, and what became of those that ended.
    fn outcomes(&self) -> (Balance, [u64; ItemOutcome::ALL.len()]) {
        let _exact = self.lock();
        let (mut balance, mut outcomes) = (self.ledger.balance(), self.ledger.outcomes());
        if let Some(storage) = &self.storage {
            storage.add_to(&mut balance);
            for (sum, outcome) in outcomes.iter_mut().zip(ItemOutcome::ALL) {
                *sum += storage.outcome(outcome);
            }
        }
        (balance, outcomes)
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
        if let Some(storage) = &self.0.storage {
            storage.close();
        }
        self.0.room.notify_all();
        self.0.ready.notify_one();
    }

    /// Where all items are.
    #[must_use]
    pub fn balance(&self) -> Balance {
        self.0.outcomes().0
    }

    /// Since when the oldest frame waits that could be let go of.
    pub(crate) fn oldest_waiting(&self) -> Option<Instant> {
        match &self.0.storage {
            Some(storage) => storage.oldest(),
            None => self.0.lock().memory.oldest_waiting(),
        }
    }

    /// Lets go of the oldest frame in memory, since the process is near its limit: drops it, or
    /// only forgets it if it is in storage as well. Gives the bytes that became free.
    pub(crate) fn shed_oldest(&self) -> Option<usize> {
        if let Some(storage) = &self.0.storage {
            return storage.shed();
        }
        let mut state = self.0.lock();
        let before = state.memory.bytes();
        self.0.drop_oldest(&mut state, ItemOutcome::DroppedMemory)?;
        self.0.changed(&state);
        Some(before - state.memory.bytes())
    }
}

#[cfg(test)]
mod tests;
