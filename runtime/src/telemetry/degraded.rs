// SPDX-License-Identifier: Apache-2.0
//! How long a component has been degraded, in one atomic (contract R4, R7, R8).
//!
//! Both states fit one word, so that a reader can never see an interval twice or not at all:
//! while healthy the word is the total so far, while degraded it is the moment at which the
//! component would have to have become degraded for that total to be right now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Set while degraded. The other 63 bits are nanoseconds, which last 292 years.
const OPEN: u64 = 1 << 63;

/// A clock that runs while a component is degraded.
///
/// Invariant: a transition is one compare-and-swap; nobody waits and nothing is flushed twice.
#[derive(Debug)]
pub(crate) struct DegradedClock {
    epoch: Instant,
    state: AtomicU64,
    /// The largest total ever shown. A transition takes its time before it is visible, and a
    /// reader between the two may have counted a few microseconds more: a counter that then
    /// went backwards would look like a restart.
    shown: AtomicU64,
}

impl DegradedClock {
    pub(crate) fn new(degraded: bool) -> Self {
        Self {
            epoch: Instant::now(),
            // Degraded since the epoch with a total of 0, or healthy with a total of 0.
            state: AtomicU64::new(if degraded { OPEN } else { 0 }),
            shown: AtomicU64::new(0),
        }
    }

    pub(crate) fn set(&self, degraded: bool) {
        self.set_with(degraded, || self.now());
    }

    pub(crate) fn is_degraded(&self) -> bool {
        self.state.load(Ordering::Acquire) & OPEN != 0
    }

    /// The total in nanoseconds, an open interval included. Never less than it was before.
    pub(crate) fn total_nanos(&self) -> u64 {
        let total = match self.state.load(Ordering::Acquire) {
            closed if closed & OPEN == 0 => closed,
            open => self.now().saturating_sub(open & !OPEN),
        };
        self.shown.fetch_max(total, Ordering::AcqRel).max(total)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX) & !OPEN
    }

    fn set_with(&self, degraded: bool, now: impl Fn() -> u64) {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            // The time is taken after the state was read: a time from before another thread's
            // transition would take back what that transition counted.
            let now = now();
            // What is now the total becomes the virtual start, and the other way round: both
            // are `now - x`.
            let next = match (state & OPEN != 0, degraded) {
                (true, false) => now.saturating_sub(state & !OPEN),
                (false, true) => now.saturating_sub(state) | OPEN,
                _ => return,
            };
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(other) => state = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::sync::Barrier;
    use std::time::{Duration, Instant};

    use super::DegradedClock;

    const SECOND: u64 = 1_000_000_000;

    fn set_at(clock: &DegradedClock, degraded: bool, seconds: u64) {
        clock.set_with(degraded, || seconds * SECOND);
    }

    #[test]
    fn r4_intervals_add_up_and_repeated_transitions_count_once() {
        let clock = DegradedClock::new(false);
        for (degraded, at) in [(true, 10), (true, 12), (false, 15), (false, 17), (true, 20), (false, 21)] {
            set_at(&clock, degraded, at);
        }
        assert_eq!(clock.total_nanos(), 6 * SECOND);
        assert!(!clock.is_degraded());
    }

    #[test]
    fn r4_an_open_interval_advances_at_every_read() {
        let clock = DegradedClock::new(false);
        clock.set(true);
        let first = clock.total_nanos();
        std::thread::sleep(Duration::from_millis(2));
        let second = clock.total_nanos();
        assert!(second >= first + 2_000_000, "{first} then {second}");
    }

    #[test]
    fn r8_a_component_that_starts_in_trouble_is_degraded_from_its_first_moment() {
        let clock = DegradedClock::new(true);
        assert!(clock.is_degraded());
        set_at(&clock, false, 3);
        assert_eq!(clock.total_nanos(), 3 * SECOND);
    }

    /// Every thread flips at will; whatever the interleaving, the total cannot exceed the time
    /// that passed, never shrinks, and stands still once all agree that it is over.
    #[test]
    fn r7_racing_transitions_never_count_an_interval_twice() {
        for round in 0..50 {
            let clock = DegradedClock::new(round % 2 == 0);
            let barrier = Barrier::new(9);
            let began = Instant::now();
            std::thread::scope(|scope| {
                for thread in 0..8 {
                    let (clock, barrier) = (&clock, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        for turn in 0..500 {
                            clock.set((turn + thread) % 2 == 0);
                        }
                    });
                }
                barrier.wait();
                let mut last = 0;
                for _ in 0..500 {
                    let total = clock.total_nanos();
                    assert!(total >= last, "{last} then {total}");
                    last = total;
                }
            });
            clock.set(false);
            let (total, passed) = (clock.total_nanos(), began.elapsed());
            let slack = Duration::from_millis(1);
            assert!(Duration::from_nanos(total) <= passed + slack, "{total} ns in {passed:?}");
            assert_eq!(clock.total_nanos(), total, "healthy: the clock stands");
        }
    }

    /// Two threads close the same interval, as a lane and the watchdog may.
    #[test]
    fn r7_an_interval_closed_by_two_threads_is_flushed_once() {
        for _ in 0..200 {
            let clock = DegradedClock::new(true);
            let barrier = Barrier::new(2);
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        barrier.wait();
                        set_at(&clock, false, 5);
                    });
                }
            });
            assert_eq!(clock.total_nanos(), 5 * SECOND);
        }
    }
}
