// SPDX-License-Identifier: Apache-2.0
//! The sending side of a queue: what an encoder holds.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tracecore_schema::SignalKind;
use tracecore_schema::delivery::Overflow;

use super::block::allowance;
use super::storage::Storage;
use super::{Balance, Frame, ItemOutcome, Mark, Shared};

/// The sending side: one per encoder, all of an exporter's feed one queue. It keeps the next
/// frame's buffer, so that encoding needs no lock.
#[derive(Debug)]
pub struct Frames {
    shared: Arc<Shared>,
    /// A buffer as it was sent, and what its encoder knows it by.
    spare: (Mark, Vec<u8>),
    signal: SignalKind,
}

impl Clone for Frames {
    /// Another sender into the same queue, with a buffer of its own.
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), spare: (Mark::default(), Vec::new()), signal: self.signal }
    }
}

impl Frames {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, spare: (Mark::default(), Vec::new()), signal: SignalKind::Metrics }
    }

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
        let (_, mut bytes) = std::mem::take(&mut self.spare);
        bytes.clear();
        bytes
    }

    /// A buffer that came back as it was sent with a mark of `layout`, if there is one at hand:
    /// what has not changed since need not be written again.
    #[must_use]
    #[inline]
    pub fn again(&mut self, layout: u64) -> Option<(Mark, Vec<u8>)> {
        (self.spare.0.layout == layout && layout != 0).then(|| std::mem::take(&mut self.spare))
    }

    /// Sends a filled buffer that holds `items` data points or records. An empty one is only
    /// given back.
    pub fn send(&mut self, bytes: Vec<u8>, items: u64) {
        self.send_marked(bytes, items, Mark::default());
    }

    /// Sends a filled buffer that its encoder will know again, should it come back to it: see
    /// [`Frames::again`].
    pub fn send_marked(&mut self, bytes: Vec<u8>, items: u64, mark: Mark) {
        if bytes.is_empty() {
            self.spare = (mark, bytes);
            return;
        }
        let Shared { ledger, rules, .. } = &*self.shared;
        if let Some(storage) = &self.shared.storage {
            self.spare = match self.store(storage, bytes, items) {
                Ok(spare) => (Mark::default(), spare),
                Err((bytes, outcome)) => {
                    ledger.deny(outcome, items);
                    (mark, bytes)
                }
            };
            return;
        }
        let mut state = self.shared.lock();
        ledger.accept(items);
        let deny = |outcome| ledger.end_queued(outcome, items);
        if state.closed {
            return deny(ItemOutcome::LostShutdown);
        }
        while !state.memory.fits(bytes.len(), rules.capacity) {
            match rules.overflow {
                Overflow::DropOldest => {
                    // What is in an attempt is not ours to end, and to drop what waits would help
                    // nobody if that alone leaves no room.
                    if !state.memory.could_fit(bytes.len(), rules.capacity)
                        || self.shared.drop_oldest(&mut state, ItemOutcome::DroppedOldest).is_none()
                    {
                        return deny(ItemOutcome::DroppedOldest);
                    }
                }
                Overflow::DropNewest => {
                    self.spare = (mark, bytes);
                    return deny(ItemOutcome::DroppedNewest);
                }
                Overflow::Block => {
                    let left = if state.hurried { Duration::ZERO } else { allowance() };
                    if left.is_zero() {
                        self.spare = (mark, bytes);
                        return deny(ItemOutcome::DroppedBlocked);
                    }
                    state.blocked += 1;
                    let waited = self.shared.room.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    state.blocked -= 1;
                    if state.closed {
                        return deny(ItemOutcome::LostShutdown);
                    }
                }
            }
        }
        state.memory.push(Frame::new(self.signal, bytes, items).marked(mark));
        let spare = state.memory.spare(mark.layout);
        self.shared.changed(&state);
        drop(state);
        self.shared.ready.notify_one();
        self.spare = spare.unwrap_or_default();
    }

    fn store(
        &self,
        storage: &Storage,
        bytes: Vec<u8>,
        items: u64,
    ) -> Result<Vec<u8>, (Vec<u8>, ItemOutcome)> {
        let wait = || if self.shared.lock().hurried { Duration::ZERO } else { allowance() };
        storage.append(self.signal, bytes, items, self.shared.rules.overflow, wait)
    }

    /// Where all items are.
    #[must_use]
    pub fn balance(&self) -> Balance {
        self.shared.outcomes().0
    }

    /// Where all items are, and what became of those that ended, in the order of
    /// [`ItemOutcome::ALL`]; both of one moment.
    #[must_use]
    pub fn outcomes(&self) -> (Balance, [u64; ItemOutcome::ALL.len()]) {
        self.shared.outcomes()
    }

    /// Items that ended so.
    #[must_use]
    pub fn ended(&self, outcome: ItemOutcome) -> u64 {
        let stored = self.shared.storage.as_ref().map_or(0, |storage| storage.outcome(outcome));
        self.shared.ledger.outcome(outcome) + stored
    }

    /// Bytes that wait or are in an attempt; those on the disk, if they are durable.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match &self.shared.storage {
            Some(storage) => storage.bytes().0,
            None => self.shared.bytes.load(Ordering::Relaxed),
        }
    }

    /// How many bytes that may be.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        match &self.shared.storage {
            Some(storage) => storage.bytes().1,
            None => self.shared.rules.capacity as u64,
        }
    }

    /// When the oldest frame that waits or is in an attempt was sent.
    #[must_use]
    pub fn oldest(&self) -> Option<Instant> {
        match &self.shared.storage {
            Some(storage) => storage.oldest(),
            None => self.shared.lock().memory.oldest(),
        }
    }

    /// Whether frames that should be durable are in memory, since the folder takes none.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.shared.storage.as_ref().is_some_and(Storage::is_degraded)
    }

    /// Whether frames wait in files and survive the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.shared.storage.is_some()
    }
}
