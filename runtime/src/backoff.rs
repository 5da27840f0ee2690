// SPDX-License-Identifier: Apache-2.0
//! Exponential backoff with jitter, so that a fleet that lost the same thing does not ask for
//! it again at the same moment.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Delays that double from `first` to `last`, each shortened by up to a quarter.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    last: Duration,
    next: Duration,
    seed: u64,
}

impl Backoff {
    pub(crate) fn new(first: Duration, last: Duration) -> Self {
        // Keyed anew for each instance by the standard library: random enough for jitter.
        Self::seeded(first, last, RandomState::new().hash_one(first))
    }

    pub(crate) const fn seeded(first: Duration, last: Duration, seed: u64) -> Self {
        Self { first, last, next: first, seed: seed | 1 }
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) fn next(&mut self) -> Duration {
        let delay = self.next;
        self.next = delay.saturating_mul(2).min(self.last);
        // xorshift64
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let quarter = u32::try_from(self.seed >> 54).unwrap_or(0); // 0..1024
        delay - delay / 4096 * quarter
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    #[test]
    fn delays_double_to_the_limit_and_start_over_after_a_reset() {
        let (first, last) = (Duration::from_millis(500), Duration::from_secs(30));
        let mut backoff = Backoff::seeded(first, last, 7);
        let mut bound = first;
        for _ in 0..10 {
            let delay = backoff.next();
            assert!(delay <= bound && delay > bound.mul_f64(0.74), "{delay:?} of {bound:?}");
            bound = (bound * 2).min(last);
        }
        backoff.reset();
        assert!(backoff.next() <= first);
    }

    #[test]
    fn two_instances_do_not_march_in_step() {
        let delays = |seed| {
            let mut backoff = Backoff::seeded(Duration::from_secs(1), Duration::from_secs(1), seed);
            (0..8).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_ne!(delays(1), delays(2));
    }
}
