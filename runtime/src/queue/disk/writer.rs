// SPDX-License-Identifier: Apache-2.0
//! The appending half, one for each lane that feeds the queue.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::state::Shared;
use super::{Counts, Record};

/// Appends frames. It never waits for a disk: a frame is handed over in memory, and the
/// store's thread writes it.
#[derive(Clone)]
pub struct Writer(Arc<Shared>);

/// A frame that was not taken, handed back.
#[derive(Debug)]
pub struct Refused {
    /// The frame.
    pub record: Record,
    /// Why.
    pub why: Why,
}

/// Why a frame was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Why {
    /// The folder or the memory is full, and [`Overflow::Refuse`](super::Overflow::Refuse) is
    /// set.
    Full,
    /// It is larger than the folder may become, or than 256 MiB.
    TooLarge,
    /// The store has been closed.
    Closed,
}

impl Writer {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::clone(shared))
    }

    /// Appends a frame and gives an empty buffer back for the next one, with room from earlier
    /// use if there is one.
    ///
    /// # Errors
    ///
    /// It was not taken, and is counted nowhere.
    pub fn append(&self, record: Record) -> Result<Vec<u8>, Refused> {
        let mut state = self.0.lock();
        let spare = self.0.append(&mut state, record).map_err(|(record, why)| Refused { record, why })?;
        let serves_memory = state.serves_memory();
        drop(state);
        self.0.work.notify_one();
        if serves_memory {
            (self.0.options.ready)();
        }
        Ok(spare)
    }

    /// Like [`append`](Self::append), and waits up to `wait` for room.
    ///
    /// # Errors
    ///
    /// There was none in time, or the frame can never be taken.
    pub fn append_within(&self, record: Record, wait: Duration) -> Result<Vec<u8>, Refused> {
        let deadline = Instant::now() + wait;
        let mut refused = match self.append(record) {
            Err(refused) if refused.why == Why::Full => refused,
            other => return other,
        };
        loop {
            let state = self.0.lock();
            let left = deadline.saturating_duration_since(Instant::now());
            // A wake-up that came before the lock was taken is made up for soon.
            let left = left.min(Duration::from_millis(10));
            if left.is_zero() {
                return Err(refused);
            }
            drop(self.0.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner));
            refused = match self.append(refused.record) {
                Err(refused) if refused.why == Why::Full => refused,
                other => return other,
            };
        }
    }

    /// Lets go of one frame in memory, for when the process has too much of it: one that is on
    /// the disk as well if there is one, else the oldest, which is dropped and counted. Gives
    /// the bytes of its payload; `None` if memory holds none.
    #[must_use]
    pub fn shed(&self) -> Option<usize> {
        self.0.shed(&mut self.0.lock())
    }

    /// What the store has seen and holds.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// How many bytes the folder may have.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.options.size
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Writer").field(&self.0.options).finish()
    }
}
