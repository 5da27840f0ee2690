// SPDX-License-Identifier: Apache-2.0
//! The heartbeat of a lane: who owns a call that may never return.
//!
//! One word holds idle, busy since, or abandoned. The lane makes it busy before a call into
//! the receiver and idle after; the watchdog makes a word that has been busy for too long
//! abandoned. Each change is a compare-and-swap, so exactly one of the two wins: a late result
//! is either in time or discarded, never both.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Probe;

const IDLE: u64 = 0;
const ABANDONED: u64 = u64::MAX;

/// What lane and watchdog share of one incarnation of a lane.
pub(crate) struct Beat {
    base: Instant,
    word: AtomicU64,
    /// Where the lane is.
    pub(crate) probe: Probe,
    /// Whether the first open has returned, failed or not.
    pub(crate) opened: AtomicBool,
    /// Whether the one round of a lane that has only one is done.
    pub(crate) round: AtomicBool,
    /// Whether the thread has left the lane.
    pub(crate) done: AtomicBool,
    /// Set by the watchdog: open the receiver again, a device has come back.
    pub(crate) reopen: AtomicBool,
    /// The devices to leave alone at the next open.
    pub(crate) skipped: Mutex<Vec<String>>,
    /// Makes what the lane shows invisible.
    pub(crate) abandon: Mutex<Vec<Box<dyn Fn() + Send>>>,
}

/// The lane has been given up; whatever it holds is to be dropped unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abandoned;

impl Beat {
    pub(crate) fn new(skipped: Vec<String>) -> Self {
        Self {
            base: Instant::now(),
            word: AtomicU64::new(IDLE),
            probe: Probe::new(),
            opened: AtomicBool::new(false),
            round: AtomicBool::new(false),
            done: AtomicBool::new(false),
            reopen: AtomicBool::new(false),
            skipped: Mutex::new(skipped),
            abandon: Mutex::new(Vec::new()),
        }
    }

    /// Microseconds since the base, never [`IDLE`] nor [`ABANDONED`].
    #[inline]
    fn stamp(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_micros()).unwrap_or(u64::MAX - 2) + 1
    }

    /// Calls into the receiver.
    #[inline]
    pub(crate) fn call<T>(&self, call: impl FnOnce() -> T) -> Result<T, Abandoned> {
        let since = self.stamp();
        if self.word.compare_exchange(IDLE, since, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return Err(Abandoned);
        }
        let result = call();
        match self.word.compare_exchange(since, IDLE, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => Ok(result),
            Err(_) => Err(Abandoned),
        }
    }

    /// A call that ended in a panic has ended all the same.
    pub(crate) fn recover(&self) -> Result<(), Abandoned> {
        match self.word.swap(IDLE, Ordering::AcqRel) {
            ABANDONED => {
                self.word.store(ABANDONED, Ordering::Release);
                Err(Abandoned)
            }
            _ => Ok(()),
        }
    }

    /// How long the present call has been going on.
    pub(crate) fn busy_for(&self) -> Option<Duration> {
        match self.word.load(Ordering::Relaxed) {
            IDLE | ABANDONED => None,
            since => Some(Duration::from_micros(self.stamp().saturating_sub(since))),
        }
    }

    /// Gives the lane up if its present call is older than `limit`; says where it was.
    pub(crate) fn give_up(&self, limit: Duration) -> Option<Option<String>> {
        let since = self.word.load(Ordering::Relaxed);
        let stuck = self.busy_for().is_some_and(|busy| busy >= limit);
        if !stuck
            || self.word.compare_exchange(since, ABANDONED, Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            return None;
        }
        let device = self.probe.current();
        for hide in self.abandon.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            hide();
        }
        Some(device)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Abandoned, Beat};

    #[test]
    fn a_call_that_was_given_up_has_no_result() {
        let beat = Beat::new(Vec::new());
        assert_eq!(beat.call(|| 1), Ok(1));
        let late = beat.call(|| {
            let device = beat.probe.device("gpu 3");
            beat.probe.entering(device);
            std::thread::sleep(Duration::from_millis(2));
            assert_eq!(beat.give_up(Duration::from_secs(10)), None, "not for long enough");
            assert_eq!(beat.give_up(Duration::from_millis(1)), Some(Some("gpu 3".to_owned())));
            2
        });
        assert_eq!(late, Err(Abandoned));
        assert_eq!(beat.call(|| 3), Err(Abandoned), "for good");
        assert_eq!(beat.recover(), Err(Abandoned));
    }

    #[test]
    fn an_idle_lane_is_never_given_up() {
        let beat = Beat::new(Vec::new());
        assert_eq!(beat.give_up(Duration::ZERO), None);
    }
}
