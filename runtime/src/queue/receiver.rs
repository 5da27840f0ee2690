// SPDX-License-Identifier: Apache-2.0
//! The receiving side of a queue: what delivers takes batches out, and says what became of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::frame::Body;
use super::storage::Shelf;
use super::{Frame, FrameBatch, ItemOutcome, QueueCloser, Shared, State};

/// The receiving side.
#[derive(Debug)]
pub struct FrameReceiver {
    shared: Arc<Shared>,
    /// Where frames come from instead, if they are durable.
    shelf: Option<Shelf>,
}

/// What waits at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    /// When the oldest was sent.
    pub(crate) oldest: Option<Instant>,
    /// Nothing more will come.
    pub(crate) closed: bool,
    /// Nothing can be taken now, but there is something: it is being read from a disk.
    pub(crate) more: bool,
}

impl FrameReceiver {
    pub(super) const fn new(shared: Arc<Shared>, shelf: Option<Shelf>) -> Self {
        Self { shared, shelf }
    }

    /// The oldest frame, as soon as there is one. `None` once the queue is closed and empty.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.try_next() {
                return Some(frame);
            }
            if self.waiting().closed {
                return None;
            }
            self.changed().await;
        }
    }

    /// The oldest frame, if there is one now.
    #[must_use]
    pub fn try_next(&mut self) -> Option<Frame> {
        // No batch of more than one frame has no more than no bytes.
        self.take(0)?.into_frames().pop()
    }

    /// Says that a frame was delivered, and gives its buffer back for reuse.
    pub fn recycle(&mut self, frame: Frame) {
        self.settle(FrameBatch::of(frame), ItemOutcome::Delivered);
    }

    /// What closes the queue from elsewhere.
    #[must_use]
    pub fn closer(&self) -> QueueCloser {
        QueueCloser(Arc::clone(&self.shared))
    }

    /// What waits now.
    pub(crate) fn waiting(&self) -> Waiting {
        let state = self.shared.lock();
        if let (Some(shelf), Some(storage)) = (&self.shelf, &self.shared.storage) {
            let (frames, bytes, more) = shelf.available();
            return Waiting { frames, bytes, oldest: storage.oldest(), closed: state.closed, more };
        }
        Waiting {
            more: false,
            frames: state.memory.len(),
            bytes: state.memory.waiting_bytes(),
            oldest: state.memory.oldest_waiting(),
            closed: state.closed,
        }
    }

    /// Returns when something was sent, or has been since the last time.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.shared.ready.notified()
    }

    /// A batch for an attempt, of at most so many bytes unless its one frame is larger. Whoever
    /// takes it settles it or puts it back.
    pub(crate) fn take(&self, bytes: usize) -> Option<FrameBatch> {
        if let Some(shelf) = &self.shelf {
            return FrameBatch::new(shelf.take(bytes));
        }
        let mut state = self.shared.lock();
        let batch = FrameBatch::new(state.memory.take(bytes, self.shared.rules.order))?;
        self.shared.ledger.take(batch.items());
        Some(batch)
    }

    /// The whole batch went this way.
    pub(crate) fn settle(&self, batch: FrameBatch, outcome: ItemOutcome) {
        let items = batch.items();
        self.settle_as(batch, [(outcome, items)]);
    }

    /// The batch was delivered, but for items that the other side refused.
    pub(crate) fn settle_partly(&self, batch: FrameBatch, rejected: u64) {
        // A server that claims to have refused more than it got has refused all of it.
        let rejected = rejected.min(batch.items());
        let delivered = batch.items() - rejected;
        self.settle_as(
            batch,
            [(ItemOutcome::Delivered, delivered), (ItemOutcome::RejectedPartial, rejected)],
        );
    }

    fn settle_as(&self, batch: FrameBatch, outcomes: impl IntoIterator<Item = (ItemOutcome, u64)>) {
        let ledger = &self.shared.ledger;
        let mut state = self.shared.lock();
        for (outcome, items) in outcomes {
            match &self.shelf {
                Some(_) => ledger.end_stored(outcome, items),
                None => ledger.end_in_flight(outcome, items),
            }
        }
        for frame in batch.into_frames() {
            self.done(&mut state, frame);
        }
        self.shared.changed(&state);
    }

    /// The attempt failed: all of it waits again, where it waited before, but for frames of which
    /// `expired` says that they have been tried for long enough. Gives how many items those had.
    pub(crate) fn put_back(&self, batch: FrameBatch, mut expired: impl FnMut(&mut Frame) -> bool) -> u64 {
        let mut state = self.shared.lock();
        let mut given_up = 0;
        for mut frame in batch.into_frames() {
            let items = frame.items();
            let expired = expired(&mut frame);
            given_up += if expired { items } else { 0 };
            match (&self.shelf, expired) {
                (Some(_), true) => self.shared.ledger.end_stored(ItemOutcome::DroppedRetries, items),
                (None, true) => self.shared.ledger.end_in_flight(ItemOutcome::DroppedRetries, items),
                (Some(_), false) => {}
                (None, false) => self.shared.ledger.put_back(items),
            }
            match (&self.shelf, expired) {
                (_, true) => self.done(&mut state, frame),
                (None, false) => state.memory.put_back(frame),
                (Some(shelf), false) => {
                    if let (Body::Stored(stored), tried) = frame.into_parts() {
                        shelf.put_back(stored, tried);
                    }
                }
            }
        }
        self.shared.changed(&state);
        given_up
    }

    /// A frame is done with, and its buffer free.
    fn done(&self, state: &mut State, frame: Frame) {
        match &self.shelf {
            None => state.memory.done(frame),
            Some(shelf) => {
                if let (Body::Stored(stored), _) = frame.into_parts() {
                    shelf.done(stored);
                }
            }
        }
    }

    /// Whether what waits survives the process.
    pub(crate) const fn is_durable(&self) -> bool {
        self.shelf.is_some()
    }

    /// Takes no more frames and ends what still waits; says how many items that was.
    pub(crate) fn close_and_discard(&self, outcome: ItemOutcome) -> u64 {
        let mut state = self.shared.lock();
        state.closed = true;
        let mut items = 0;
        while let Some(dropped) = self.shared.drop_oldest(&mut state, outcome) {
            items += dropped;
        }
        self.shared.changed(&state);
        self.shared.room.notify_all();
        items
    }

    /// Writes down what is left, if it is durable; says how many items the next process finds, and
    /// how many no disk took in time. Blocks, no longer than `budget`.
    pub(crate) fn finish(self, budget: Duration) -> Left {
        let (Some(shelf), Some(storage)) = (self.shelf, &self.shared.storage) else { return Left::default() };
        let closed = shelf.close(budget);
        storage.ended(closed);
        Left { kept: closed.left.1, lost: closed.lost.1, cut_short: !closed.finished }
    }
}

/// What a durable queue left at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Left {
    /// Items that the next process finds.
    pub(crate) kept: u64,
    /// Items that no disk took.
    pub(crate) lost: u64,
    /// Whether the disk was still being waited for when the budget was over.
    pub(crate) cut_short: bool,
}
