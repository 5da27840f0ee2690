// SPDX-License-Identifier: Apache-2.0
//! Counting what nobody foresaw: a counter that begins to exist when its first event comes.
//!
//! `increase()` sees the difference between two scrapes, so a series that begins at 1 never
//! shows its first event. Such a series begins at 0, stays there long enough to be scraped once,
//! and then shows what was counted meanwhile. Series that are there from the start show every
//! event at once.

use tracecore_runtime::Slot;

/// What is counted: an Xid code, and the MIG instance that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) code: u64,
    /// GPU instance and compute instance.
    pub(super) instance: Option<(u32, u32)>,
}

impl Key {
    /// Of the whole GPU.
    pub(super) const fn of(code: u64) -> Self {
        Self { code, instance: None }
    }
}

/// One counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    pub(super) key: Key,
    pub(super) total: u64,
    pub(super) slot: Slot<u64>,
    pub(super) shows: Shows,
}

/// What a counter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// What was counted.
    Total,
    /// Nothing: it has no series yet.
    Nothing,
    /// 0 until the first tick, and then for as long as is wanted.
    Zero { since: Option<u64> },
}

impl Counter {
    /// What to set in a tick at `now`, in nanoseconds.
    #[inline]
    pub(super) fn value(&mut self, now: u64, hold: u64) -> Option<u64> {
        match self.shows {
            Shows::Total => Some(self.total),
            Shows::Nothing => None,
            Shows::Zero { since } => Some(self.begins(now, hold, since)),
        }
    }

    #[cold]
    fn begins(&mut self, now: u64, hold: u64, since: Option<u64>) -> u64 {
        match since {
            None => {
                self.shows = Shows::Zero { since: Some(now) };
                0
            }
            // A clock that was set back ends the wait: rather too early than never.
            Some(since) if now >= since && now - since < hold => 0,
            Some(_) => {
                self.shows = Shows::Total;
                self.total
            }
        }
    }
}

/// The counters of one GPU.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Vec<Counter>);

/// How many counters one GPU may have: there are 176 codes, and a driver that makes up others
/// is not to fill the memory.
const MOST: usize = 512;

impl Tally {
    /// Counters that are there from the start.
    pub(super) fn foreseen(codes: &[u32]) -> Self {
        let counter = |code: &u32| Counter {
            key: Key::of((*code).into()),
            total: 0,
            slot: Slot::OFF,
            shows: Shows::Total,
        };
        Self(codes.iter().map(counter).collect())
    }

    /// Counts; says whether a series has to begin for it.
    pub(super) fn count(&mut self, key: Key) -> bool {
        if let Some(counter) = self.0.iter_mut().find(|counter| counter.key == key) {
            counter.total += 1;
            return false;
        }
        let room = self.0.len() < MOST;
        if room {
            self.0.push(Counter { key, total: 1, slot: Slot::OFF, shows: Shows::Nothing });
        }
        room
    }

    /// All counters.
    #[inline]
    pub(super) fn counters(&mut self) -> impl Iterator<Item = &mut Counter> {
        self.0.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Key, MOST, Shows, Tally};

    #[test]
    fn what_was_foreseen_shows_at_once() {
        let mut tally = Tally::foreseen(&[79]);
        assert_eq!(tally.counters().next().unwrap().value(0, 10), Some(0));
        assert!(!tally.count(Key::of(79)));
        assert_eq!(tally.counters().next().unwrap().value(1, 10), Some(1));
        assert_eq!(tally.0.len(), 1);
    }

    #[test]
    fn what_nobody_foresaw_is_0_until_it_was_scraped() {
        let mut tally = Tally::default();
        assert!(tally.count(Key::of(31)), "a series has to begin");
        assert!(!tally.count(Key::of(31)));
        let counter = tally.counters().next().unwrap();
        assert_eq!(counter.value(100, 15), None, "it has none yet");
        counter.shows = Shows::Zero { since: None };
        for now in [200, 201, 214] {
            assert_eq!(counter.value(now, 15), Some(0), "{now}");
        }
        assert_eq!(counter.value(215, 15), Some(2), "nothing is lost");
        assert_eq!(counter.value(216, 15), Some(2));
    }

    #[test]
    fn a_clock_that_is_set_back_ends_the_wait() {
        let mut tally = Tally::default();
        tally.count(Key::of(31));
        let counter = tally.counters().next().unwrap();
        counter.shows = Shows::Zero { since: None };
        assert_eq!(counter.value(1000, 15), Some(0));
        assert_eq!(counter.value(500, 15), Some(1));
    }

    #[test]
    fn instances_are_counted_apart_and_there_is_an_end_to_it() {
        let mut tally = Tally::default();
        assert!(tally.count(Key::of(94)));
        assert!(tally.count(Key { code: 94, instance: Some((5, 0)) }));
        assert_eq!(tally.0.len(), 2);
        for code in 1000..3000 {
            tally.count(Key::of(code));
        }
        assert_eq!(tally.0.len(), MOST);
    }
}
