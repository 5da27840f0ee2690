// SPDX-License-Identifier: Apache-2.0
//! The histogram behind `tracecore_receiver_collection_latency_seconds` (contract R3): one
//! atomic per bucket, since the SDK's own histograms cannot be observed from outside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in nanoseconds, 100 µs to 10 s, three to a decade.
pub(crate) const BOUNDS: [u64; 16] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Counts how long collections took.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    /// One per bound and one for what is above the last.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_nanos: AtomicU64,
}

/// What a [`Latency`] has counted, and a sum of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LatencyCounts {
    buckets: [u64; BOUNDS.len() + 1],
    sum_nanos: u64,
}

impl Latency {
    pub(crate) fn record(&self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        // A bound belongs to its bucket: Prometheus' `le` means less or equal.
        let at = BOUNDS.partition_point(|bound| *bound < nanos);
        self.buckets[at].fetch_add(1, Ordering::Relaxed);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(crate) fn add_to(&self, counts: &mut LatencyCounts) {
        for (count, bucket) in counts.buckets.iter_mut().zip(&self.buckets) {
            *count += bucket.load(Ordering::Relaxed);
        }
        counts.sum_nanos = counts.sum_nanos.saturating_add(self.sum_nanos.load(Ordering::Relaxed));
    }
}

impl LatencyCounts {
    /// All observations. Derived from the buckets, so that it can never disagree with them.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    pub(crate) fn sum_seconds(&self) -> f64 {
        self.sum_nanos as f64 / 1e9
    }

    /// Each bound in seconds, with how many observations were at most that.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        BOUNDS.iter().zip(&self.buckets).scan(0, |below, (bound, count)| {
            *below += count;
            Some((*bound as f64 / 1e9, *below))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::time::Duration;

    use super::{Latency, LatencyCounts};

    fn counts(latencies: &[Duration]) -> LatencyCounts {
        let latency = Latency::default();
        for one in latencies {
            latency.record(*one);
        }
        let mut counts = LatencyCounts::default();
        latency.add_to(&mut counts);
        counts
    }

    #[test]
    fn r3_200_microseconds_and_2_seconds_fall_in_different_buckets() {
        let short = counts(&[Duration::from_micros(200)]);
        let long = counts(&[Duration::from_secs(2)]);
        assert_ne!(short.buckets, long.buckets);
        let at = |counts: &LatencyCounts| counts.cumulative().position(|(_, below)| below == 1).unwrap();
        assert_eq!((at(&short), at(&long)), (1, 13));
    }

    #[test]
    fn r3_bounds_run_from_100_microseconds_to_10_seconds_and_are_inclusive() {
        let all: Vec<_> = counts(&[
            Duration::ZERO,
            Duration::from_micros(100),
            Duration::from_nanos(100_001),
            Duration::from_secs(10),
            Duration::from_secs(11),
        ])
        .cumulative()
        .collect();
        assert_eq!(all.first(), Some(&(0.0001, 2)));
        assert_eq!(all[1], (0.00025, 3));
        assert_eq!(all.last(), Some(&(10.0, 4)));
    }

    #[test]
    fn r3_sum_and_count_cover_what_is_above_the_last_bound() {
        let counts = counts(&[Duration::from_secs(20), Duration::from_millis(500)]);
        assert_eq!((counts.count(), counts.sum_seconds()), (2, 20.5));
    }
}
