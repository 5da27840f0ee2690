// SPDX-License-Identifier: Apache-2.0
//! How many scrapes a second are answered (contract H10).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const SECOND: u64 = 1_000_000_000;

/// Lets so many through a second, and a second's worth at once.
#[derive(Debug)]
pub(super) struct RateLimit {
    epoch: Instant,
    /// Nanoseconds that each one takes from the budget.
    each: u64,
    /// When the budget will be whole again, in nanoseconds since the epoch.
    whole_at: AtomicU64,
}

impl RateLimit {
    pub(super) fn per_second(most: u32) -> Self {
        Self { epoch: Instant::now(), each: SECOND / u64::from(most.max(1)), whole_at: AtomicU64::new(0) }
    }

    /// Whether one more may pass now.
    pub(super) fn take(&self) -> bool {
        self.take_at(u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX / 2))
    }

    fn take_at(&self, now: u64) -> bool {
        let take = |whole_at: u64| {
            let next = whole_at.max(now) + self.each;
            (next - now <= SECOND).then_some(next)
        };
        self.whole_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{RateLimit, SECOND};

    #[test]
    fn h10_so_many_pass_a_second_and_no_more() {
        for most in [1, 3, 10, 1000] {
            let limit = RateLimit::per_second(most);
            let passed = |now: u64| (0..5000).filter(|_| limit.take_at(now)).count();
            assert_eq!(passed(0), most as usize, "a second's worth at once");
            assert_eq!(passed(0), 0);
            assert_eq!(passed(10 * SECOND), most as usize, "rest is not saved up");
            assert_eq!(passed(11 * SECOND), most as usize);
        }
        let slow = RateLimit::per_second(2);
        let passed = (0..100).filter(|tenth| slow.take_at(tenth * SECOND / 10)).count();
        assert!((20..=22).contains(&passed), "10 s at 2 a second: {passed}");
    }
}
