// SPDX-License-Identifier: Apache-2.0
//! How long to wait after a failed attempt: exponential, with jitter, so that a fleet that lost
//! the same backend does not ask for it again at the same moment.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tracecore_schema::delivery::RetryConfig;

/// Chance that a seed repeats.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The one of a seed, or one of its own.
    pub(super) fn new(seed: Option<u64>) -> Self {
        // Keyed anew for each instance by the standard library: random enough for jitter.
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one("jitter"));
        // An odd multiplier keeps neighbouring seeds apart; xorshift needs a bit that is set.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }

    /// `wait`, shortened or lengthened by up to a quarter.
    pub(super) fn jitter(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(0.75 + self.unit() / 2.0)
    }

    /// `wait`, lengthened by up to a quarter: never less than was asked for.
    pub(super) fn longer(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + self.unit() / 4.0)
    }
}

/// The waits after failures that follow each other.
#[derive(Debug)]
pub(super) struct Waits {
    first: Duration,
    multiplier: f64,
    last: Duration,
    next: Duration,
}

impl Waits {
    pub(super) fn new(config: &RetryConfig) -> Self {
        let RetryConfig { initial, multiplier, max, .. } = *config;
        Self { first: initial, multiplier, last: max, next: initial }
    }

    /// Something was delivered.
    pub(super) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// Waits no longer than `most` from now on: the end is near.
    pub(super) fn at_most(&mut self, most: Duration) {
        self.first = self.first.min(most);
        self.last = self.last.min(most);
        self.next = self.first;
    }

    /// The next wait.
    pub(super) fn next(&mut self, chance: &mut Chance) -> Duration {
        let wait = self.next;
        // Bounds of the config keep the product far from what a duration can hold.
        self.next = wait.mul_f64(self.multiplier).min(self.last);
        chance.jitter(wait)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracecore_schema::delivery::RetryConfig;

    use super::{Chance, Waits};

    #[test]
    fn waits_grow_to_the_limit_and_start_over() {
        let (mut waits, mut chance) = (Waits::new(&RetryConfig::default()), Chance::new(Some(7)));
        for expected in [5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0] {
            let wait = waits.next(&mut chance).as_secs_f64();
            assert!(wait >= expected * 0.75 && wait <= expected * 1.25, "{wait} of {expected}");
        }
        waits.reset();
        assert!(waits.next(&mut chance) < Duration::from_secs(7));
        waits.at_most(Duration::from_millis(100));
        for _ in 0..5 {
            assert!(waits.next(&mut chance) <= Duration::from_millis(125));
        }
    }

    #[test]
    fn a_seed_repeats_and_two_seeds_do_not_march_in_step() {
        let waits = |seed| {
            let mut chance = Chance::new(seed);
            (0..8).map(|_| chance.jitter(Duration::from_secs(1))).collect::<Vec<_>>()
        };
        assert_eq!(waits(Some(1)), waits(Some(1)));
        assert_ne!(waits(Some(1)), waits(Some(2)));
        assert_ne!(waits(None), waits(None), "without a seed, everybody has one of their own");
    }

    #[test]
    fn chance_is_spread_evenly() {
        let mut chance = Chance::new(Some(3));
        let mean = (0..10_000).map(|_| chance.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
