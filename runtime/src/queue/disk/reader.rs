// SPDX-License-Identifier: Apache-2.0
//! The delivering half. Nothing here waits for a disk, [`Reader::close`] excepted, which has a
//! budget.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::state::Shared;
use super::{Counts, Place, Record};

/// Takes frames, and says what has become of them. Nothing comes from the disk by itself while
/// memory holds enough to go on. Dropping it closes the store.
pub struct Reader(Arc<Shared>);

/// A frame that was taken. It stays in the store, out of reach, until it is acknowledged or
/// released; if neither ever happens, the next process finds it.
#[derive(Debug)]
#[must_use = "a frame that is neither acknowledged nor released comes again only after a restart"]
pub struct Stored {
    place: Place,
    record: Record,
}

impl Stored {
    /// The frame.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }
}

/// What a store ended with.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Closed {
    /// Whether the thread ended within the budget. If not it is stuck in a call of the disk
    /// and was left behind.
    pub finished: bool,
    /// Frames and items on the disk: the next process delivers them. Those in flight are
    /// among them, if they are on the disk.
    pub left: (u64, u64),
    /// Frames and items that no disk took; they are gone, and counted as lost.
    pub lost: (u64, u64),
}

impl Reader {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// The next frame, if there is one in memory now. If not, and there are some on the disk,
    /// they are being read and `on_ready` is called.
    pub fn take(&self) -> Option<Stored> {
        let mut state = self.0.lock();
        let (place, record) = self.0.take(&mut state)?;
        Some(Stored { place, record })
    }

    /// Frames of one signal for one delivery, the oldest of them first: at most `bytes` of
    /// payload, unless the first alone is larger. Empty where [`take`](Self::take) has none.
    #[must_use]
    pub fn take_batch(&self, bytes: usize) -> Vec<Stored> {
        let mut state = self.0.lock();
        let taken = self.0.take_batch(&mut state, bytes);
        taken.into_iter().map(|(place, record)| Stored { place, record }).collect()
    }

    /// What can be taken at this moment: frames, and their payload's bytes. More may wait on
    /// the disk ([`Counts::queued`]).
    #[must_use]
    pub fn available(&self) -> (usize, usize) {
        self.0.lock().available()
    }

    /// The frames have been delivered, or refused for good: they are done with.
    pub fn acknowledge(&self, frames: impl IntoIterator<Item = Stored>) {
        let mut state = self.0.lock();
        for Stored { place, record } in frames {
            self.0.acknowledge(&mut state, place, record);
        }
        drop(state);
        self.0.room.notify_all();
    }

    /// The frames have not been delivered; they are taken again, where they were in the order.
    pub fn release(&self, frames: impl IntoIterator<Item = Stored>) {
        let mut state = self.0.lock();
        for Stored { place, record } in frames {
            self.0.release(&mut state, place, record);
        }
        drop(state);
        (self.0.options.ready)();
    }

    /// What the store has seen and holds.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// Closes the store from elsewhere.
    #[must_use]
    pub fn closer(&self) -> Closer {
        Closer(Arc::clone(&self.0))
    }

    /// Takes no more frames, writes down what is in memory and what was acknowledged, and ends
    /// the thread; waits for that no longer than `budget`.
    #[must_use]
    pub fn close(self, budget: Duration) -> Closed {
        let shared = &*self.0;
        self.closer().close();
        let deadline = Instant::now() + budget;
        let mut state = shared.lock();
        state.leaving = true;
        shared.work.notify_one();
        while !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = shared.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let finished = state.ended;
        let lost = shared.lose_memory(&mut state);
        drop(state);
        let (queued, in_flight) = (shared.counts.queued.get(), shared.counts.in_flight.get());
        let left = (queued.0 + in_flight.0, queued.1 + in_flight.1);
        Closed { finished, left, lost }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        (state.closed, state.leaving) = (true, true);
        drop(state);
        self.0.work.notify_one();
        self.0.room.notify_all();
    }
}

/// Closes a store from elsewhere: no more frames are appended; those that wait can still be
/// taken.
#[derive(Clone)]
pub struct Closer(Arc<Shared>);

impl Closer {
    /// Takes no more frames.
    pub fn close(&self) {
        self.0.lock().closed = true;
        self.0.room.notify_all();
        (self.0.options.ready)();
    }
}

impl fmt::Debug for Closer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closer")
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reader").field(&self.0.options).finish()
    }
}
