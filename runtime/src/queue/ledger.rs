// SPDX-License-Identifier: Apache-2.0
//! Where every item of one exporter is, or went (contract X1).
//!
//! Invariant: accepted + recovered = delivered + rejected + dropped + lost + queued + in flight.
//! Whoever moves an item does so under its queue's lock, in both places at once; so a balance
//! that is taken under that lock is exact at any time, not only at rest.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where items went for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemOutcome {
    /// The other side took them.
    Delivered,
    /// The other side refused the whole delivery for good.
    RejectedRefused,
    /// The other side took the delivery but not these.
    RejectedPartial,
    /// The oldest, that made room for new ones.
    DroppedOldest,
    /// New ones that found the queue full.
    DroppedNewest,
    /// New ones that found the queue full until their lane's next tick.
    DroppedBlocked,
    /// The oldest, when memory was near its limit: the process's, or the queue's own while its
    /// storage takes nothing.
    DroppedMemory,
    /// Could not be delivered for as long as `retry.max_elapsed`.
    DroppedRetries,
    /// The exporter panicked over them.
    DroppedPanic,
    /// Whoever read has gone away for good.
    DroppedClosed,
    /// The oldest on disk, when the folder had reached its size.
    DroppedStorageFull,
    /// An attempt was cut off at the end: nobody knows whether they arrived.
    LostInterrupted,
    /// The collector ended before they could be delivered.
    LostShutdown,
    /// They were on disk and cannot be read any more.
    LostCorrupt,
}

impl ItemOutcome {
    /// All outcomes, in the order of their counters.
    pub const ALL: [Self; 14] = [
        Self::Delivered,
        Self::RejectedRefused,
        Self::RejectedPartial,
        Self::DroppedOldest,
        Self::DroppedNewest,
        Self::DroppedBlocked,
        Self::DroppedMemory,
        Self::DroppedRetries,
        Self::DroppedPanic,
        Self::DroppedClosed,
        Self::DroppedStorageFull,
        Self::LostInterrupted,
        Self::LostShutdown,
        Self::LostCorrupt,
    ];

    /// The `outcome` and `reason` labels.
    #[must_use]
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Delivered => ("delivered", ""),
            Self::RejectedRefused => ("rejected", "refused"),
            Self::RejectedPartial => ("rejected", "partial"),
            Self::DroppedOldest => ("dropped", "queue_full"),
            Self::DroppedNewest => ("dropped", "queue_full_newest"),
            Self::DroppedBlocked => ("dropped", "queue_full_blocked"),
            Self::DroppedMemory => ("dropped", "memory"),
            Self::DroppedRetries => ("dropped", "retries"),
            Self::DroppedPanic => ("dropped", "panic"),
            Self::DroppedClosed => ("dropped", "closed"),
            Self::DroppedStorageFull => ("dropped", "storage_full"),
            Self::LostInterrupted => ("lost", "interrupted"),
            Self::LostShutdown => ("lost", "shutdown"),
            Self::LostCorrupt => ("lost", "corrupt"),
        }
    }
}

/// The counters of one queue, in items.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    accepted: AtomicU64,
    outcomes: [AtomicU64; ItemOutcome::ALL.len()],
    queued: AtomicU64,
    in_flight: AtomicU64,
}

impl Ledger {
    /// A lane sent them: they wait until something else is said of them.
    pub(super) fn accept(&self, items: u64) {
        add(&self.accepted, items);
        add(&self.queued, items);
    }

    /// A lane sent them, and they ended at once.
    pub(super) fn deny(&self, outcome: ItemOutcome, items: u64) {
        add(&self.accepted, items);
        add(&self.outcomes[outcome as usize], items);
    }

    /// They ended, and what counts them while they wait or fly is elsewhere.
    pub(super) fn end_stored(&self, outcome: ItemOutcome, items: u64) {
        add(&self.outcomes[outcome as usize], items);
    }

    /// They left the queue for an attempt.
    pub(super) fn take(&self, items: u64) {
        subtract(&self.queued, items);
        add(&self.in_flight, items);
    }

    /// The attempt failed: they wait again.
    pub(super) fn put_back(&self, items: u64) {
        subtract(&self.in_flight, items);
        add(&self.queued, items);
    }

    /// They ended where they waited.
    pub(super) fn end_queued(&self, outcome: ItemOutcome, items: u64) {
        subtract(&self.queued, items);
        add(&self.outcomes[outcome as usize], items);
    }

    /// They ended with an attempt.
    pub(super) fn end_in_flight(&self, outcome: ItemOutcome, items: u64) {
        subtract(&self.in_flight, items);
        add(&self.outcomes[outcome as usize], items);
    }

    pub(super) fn outcome(&self, outcome: ItemOutcome) -> u64 {
        self.outcomes[outcome as usize].load(Ordering::Relaxed)
    }

    pub(super) fn outcomes(&self) -> [u64; ItemOutcome::ALL.len()] {
        ItemOutcome::ALL.map(|outcome| self.outcome(outcome))
    }

    pub(super) fn balance(&self) -> Balance {
        let mut balance = Balance {
            accepted: self.accepted.load(Ordering::Relaxed),
            queued: self.queued.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            ..Balance::default()
        };
        for outcome in ItemOutcome::ALL {
            balance.ended(outcome, self.outcome(outcome));
        }
        balance
    }
}

/// Where all items of an exporter are at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// Sent by lanes.
    pub accepted: u64,
    /// Left by an earlier process.
    pub recovered: u64,
    /// Taken by the other side.
    pub delivered: u64,
    /// Refused by the other side for good.
    pub rejected: u64,
    /// Given up on purpose, each with a reason.
    pub dropped: u64,
    /// Gone, or nobody knows.
    pub lost: u64,
    /// Waiting.
    pub queued: u64,
    /// In an attempt.
    pub in_flight: u64,
}

impl Balance {
    pub(super) fn ended(&mut self, outcome: ItemOutcome, items: u64) {
        *match outcome.labels().0 {
            "delivered" => &mut self.delivered,
            "rejected" => &mut self.rejected,
            "dropped" => &mut self.dropped,
            _ => &mut self.lost,
        } += items;
    }

    /// Items that came in and are accounted for nowhere (negative: accounted for twice). Zero,
    /// always.
    #[must_use]
    pub fn gap(&self) -> i128 {
        let came = i128::from(self.accepted) + i128::from(self.recovered);
        let went = [self.delivered, self.rejected, self.dropped, self.lost, self.queued, self.in_flight];
        came - went.into_iter().map(i128::from).sum::<i128>()
    }
}

fn add(counter: &AtomicU64, items: u64) {
    counter.fetch_add(items, Ordering::Relaxed);
}

fn subtract(counter: &AtomicU64, items: u64) {
    counter.fetch_sub(items, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::{ItemOutcome, Ledger};

    #[test]
    fn the_outcomes_stand_in_the_order_of_their_counters_and_no_two_have_the_same_labels() {
        for (place, outcome) in ItemOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
            let same = ItemOutcome::ALL.into_iter().filter(|other| other.labels() == outcome.labels());
            assert_eq!(same.count(), 1);
        }
    }

    #[test]
    fn every_move_keeps_the_balance_and_every_outcome_counts_in_it() {
        let ledger = Ledger::default();
        ledger.accept(100);
        ledger.deny(ItemOutcome::DroppedNewest, 50);
        for outcome in ItemOutcome::ALL {
            ledger.end_queued(outcome, 1);
            ledger.take(5);
            ledger.put_back(3);
            ledger.end_in_flight(outcome, 2);
            assert_eq!(ledger.balance().gap(), 0, "{outcome:?}");
        }
        let balance = ledger.balance();
        assert_eq!((balance.queued, balance.in_flight), (100 - 42, 0));
        assert_eq!((balance.delivered, balance.rejected, balance.dropped, balance.lost), (3, 6, 24 + 50, 9));
    }
}
