// SPDX-License-Identifier: Apache-2.0
//! The rolling window behind `tracecore_exporter_failure_rate` (contract D1, D2).
//!
//! It keeps running totals with their time. What happened in the window is the difference
//! between now and the sample from before it; nothing is ever taken away from a sum.

use std::collections::VecDeque;

/// The window's length in nanoseconds.
pub(super) const LENGTH: u64 = 60_000_000_000;
/// However often somebody samples, no more than this is kept.
pub(super) const MOST: usize = 4096;

/// Totals at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Nanoseconds since some epoch, by a clock that nobody sets.
    pub(super) at: u64,
    pub(super) calls: u64,
    pub(super) failures: u64,
}

impl Sample {
    /// What happened since `earlier`; nothing, if a counter went backwards.
    fn since(self, earlier: Self) -> Calls {
        match (self.calls.checked_sub(earlier.calls), self.failures.checked_sub(earlier.failures)) {
            (Some(all), Some(failed)) => Calls { all, failed: failed.min(all) },
            _ => Calls::default(),
        }
    }
}

/// Calls in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) all: u64,
    pub(super) failed: u64,
}

impl Calls {
    /// Failures over calls; 0 without calls.
    pub(super) fn failure_rate(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.failed as f64 / self.all as f64 }
    }
}

/// Totals of the last minute.
#[derive(Debug, Default)]
pub(super) struct Window {
    samples: VecDeque<Sample>,
}

impl Window {
    /// Adds totals, and forgets what is of no more use.
    pub(super) fn push(&mut self, sample: Sample) {
        if let Some(last) = self.samples.back() {
            if sample.at < last.at {
                return;
            }
            if sample.calls < last.calls || sample.failures < last.failures {
                // Differences to what was counted before would mean nothing.
                self.samples.clear();
            }
        }
        self.samples.push_back(sample);
        // One from before the window is needed to take the difference to, but not if it is so
        // old that its failures are long over.
        let begin = sample.at.saturating_sub(LENGTH);
        let oldest = sample.at.saturating_sub(2 * LENGTH);
        while self.samples.len() > MOST
            || self.samples.get(1).is_some_and(|second| second.at <= begin)
            || self.samples.front().is_some_and(|first| first.at < oldest)
        {
            self.samples.pop_front();
        }
        if self.samples.capacity() > 4 * self.samples.len().max(16) {
            self.samples.shrink_to(2 * self.samples.len());
        }
    }

    /// What happened in the window that ends with `now`; nothing while warming up.
    pub(super) fn calls(&self, now: Sample) -> Calls {
        match self.samples.front() {
            Some(first) if self.samples.len() > 1 && now.at.saturating_sub(first.at) <= 2 * LENGTH => {
                now.since(*first)
            }
            _ => Calls::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, LENGTH, MOST, Sample, Window};

    const SECOND: u64 = 1_000_000_000;

    fn sample(second: u64, calls: u64, failures: u64) -> Sample {
        Sample { at: second * SECOND, calls, failures }
    }

    /// The rate when the last sample is now.
    fn rate(samples: &[Sample]) -> f64 {
        let mut window = Window::default();
        samples.iter().for_each(|sample| window.push(*sample));
        window.calls(samples.last().copied().unwrap_or_default()).failure_rate()
    }

    #[test]
    fn d1_the_rate_is_failures_over_calls_of_the_last_minute() {
        assert!((rate(&[sample(0, 0, 0), sample(10, 4, 1)]) - 0.25).abs() < 1e-12);
        let window = [sample(0, 100, 100), sample(30, 100, 100), sample(61, 104, 101), sample(90, 110, 103)];
        assert!((rate(&window) - 0.3).abs() < 1e-12, "what happened before second 30 is over");
    }

    #[test]
    fn d1_it_is_0_while_warming_up_and_without_calls_and_never_nan() {
        assert!(rate(&[]) == 0.0);
        assert!(rate(&[sample(5, 10, 10)]) == 0.0, "one sample is no window");
        assert!(rate(&[sample(0, 7, 3), sample(30, 7, 3), sample(59, 7, 3)]) == 0.0);
    }

    #[test]
    fn d1_a_failure_long_ago_does_not_hold_it_above_0() {
        let mut samples = vec![sample(0, 0, 0), sample(1, 1, 1)];
        samples.extend((2..=60).map(|second| sample(second, second, 1)));
        assert!(rate(&samples) > 0.0, "the failure is just within the window");
        samples.push(sample(61, 61, 1));
        assert!(rate(&samples) == 0.0);
        // Nobody sampled for an hour, as on a machine that slept.
        let slept = [sample(0, 0, 0), sample(1, 10, 10), sample(3600, 20, 10)];
        assert!(rate(&slept) == 0.0);
    }

    #[test]
    fn d1_a_counter_that_went_backwards_yields_0_and_recovers() {
        let mut samples = vec![sample(0, 100, 50), sample(10, 110, 60), sample(20, 3, 1)];
        assert!(rate(&samples) == 0.0);
        samples.push(sample(30, 5, 2));
        assert!((rate(&samples) - 0.5).abs() < 1e-12, "2 calls, 1 failure since it began again");
        let mut window = Window::default();
        window.push(sample(0, 10, 5));
        window.push(sample(1, 10, 5));
        assert_eq!(window.calls(sample(2, 9, 6)), Calls::default(), "between two samples as well");
    }

    #[test]
    fn d1_a_clock_that_jumps_does_no_harm() {
        let back = [sample(100, 0, 0), sample(101, 10, 5), sample(40, 12, 6), sample(102, 20, 5)];
        assert!((rate(&back) - 0.25).abs() < 1e-12, "a sample from the past is not taken");
        let mut window = Window::default();
        window.push(sample(0, 0, 0));
        window.push(sample(1, 10, 5));
        assert_eq!(window.calls(sample(1_000_000, 20, 15)), Calls::default());
        assert_eq!(window.calls(Sample { at: u64::MAX, calls: 20, failures: 15 }), Calls::default());
    }

    #[test]
    fn d2_a_window_sampled_each_second_keeps_a_minute() {
        let mut window = Window::default();
        for second in 0..10_000 {
            window.push(sample(second, second, 0));
            assert!(window.samples.len() <= 61, "{} at {second}", window.samples.len());
        }
        assert!(window.samples.front().is_some_and(|first| first.at >= 9_999 * SECOND - 2 * LENGTH));
        assert!(window.samples.capacity() <= 128, "{}", window.samples.capacity());
    }

    #[test]
    fn d2_however_often_it_is_sampled_it_is_bounded_and_pruning_frees_the_memory() {
        let mut window = Window::default();
        for nanos in 0..100_000 {
            window.push(Sample { at: nanos, calls: nanos, failures: 0 });
        }
        assert_eq!(window.samples.len(), MOST);
        assert!(window.samples.capacity() <= 2 * MOST, "{}", window.samples.capacity());
        window.push(sample(61, 100_000, 0));
        window.push(sample(122, 100_000, 0));
        assert!(window.samples.len() <= 2 && window.samples.capacity() <= 64, "{window:?}");
    }
}
