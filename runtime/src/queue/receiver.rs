// SPDX-License-Identifier: Apache-2.0
//! The receiving side of a queue: what delivers takes batches out, and says what became of them.

use std::sync::Arc;

use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::{Frame, FrameBatch, ItemOutcome, QueueCloser, Shared};

/// The receiving side.
#[derive(Debug)]
pub struct FrameReceiver(Arc<Shared>);

/// What waits at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    /// When the oldest was sent.
    pub(crate) oldest: Option<Instant>,
    /// Nothing more will come.
    pub(crate) closed: bool,
}

impl FrameReceiver {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
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
        QueueCloser(Arc::clone(&self.0))
    }

    /// What waits now.
    pub(crate) fn waiting(&self) -> Waiting {
        let state = self.0.lock();
        Waiting {
            frames: state.memory.len(),
            bytes: state.memory.waiting_bytes(),
            oldest: state.memory.oldest_waiting(),
            closed: state.closed,
        }
    }

    /// Returns when something was sent, or has been since the last time.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.0.ready.notified()
    }

    /// A batch for an attempt, of at most so many bytes unless its one frame is larger. Whoever
    /// takes it settles it or puts it back.
    pub(crate) fn take(&self, bytes: usize) -> Option<FrameBatch> {
        let mut state = self.0.lock();
        let batch = FrameBatch::new(state.memory.take(bytes, self.0.rules.order))?;
        self.0.ledger.take(batch.items());
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
        let mut state = self.0.lock();
        for (outcome, items) in outcomes {
            self.0.ledger.end_in_flight(outcome, items);
        }
        for frame in batch.into_frames() {
            state.memory.done(frame);
        }
        self.0.changed(&state);
    }

    /// The attempt failed: all of it waits again, where it waited before, but for frames of which
    /// `expired` says that they have been tried for long enough. Gives how many items those had.
    pub(crate) fn put_back(&self, batch: FrameBatch, mut expired: impl FnMut(&mut Frame) -> bool) -> u64 {
        let mut state = self.0.lock();
        let mut given_up = 0;
        for mut frame in batch.into_frames() {
            let items = frame.items();
            if expired(&mut frame) {
                given_up += items;
                self.0.ledger.end_in_flight(ItemOutcome::DroppedRetries, items);
                state.memory.done(frame);
            } else {
                self.0.ledger.put_back(items);
                state.memory.put_back(frame);
            }
        }
        self.0.changed(&state);
        given_up
    }

    /// Whether what waits survives the process.
    #[allow(clippy::unused_self, reason = "storage comes next")]
    pub(crate) const fn is_durable(&self) -> bool {
        false
    }

    /// Items that stay where the next process finds them.
    #[allow(clippy::unused_self, reason = "storage comes next")]
    pub(crate) const fn kept(&self) -> u64 {
        0
    }

    /// Takes no more frames and ends what still waits; says how many items that was.
    pub(crate) fn close_and_discard(&self, outcome: ItemOutcome) -> u64 {
        let mut state = self.0.lock();
        state.closed = true;
        let mut items = 0;
        while let Some(dropped) = self.0.drop_oldest(&mut state, outcome) {
            items += dropped;
        }
        self.0.changed(&state);
        self.0.room.notify_all();
        items
    }
}
