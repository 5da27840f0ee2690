// SPDX-License-Identifier: Apache-2.0
//! Max, min and mean over a sliding window: pure arithmetic over numbers and slice numbers.
//!
//! The window is cut into slices; a slice keeps what its values come to, not the values. So
//! memory is the same for every window and sampling rate, and a value is seen for the whole
//! window and at most one slice longer.
//!
//! Invariant: nothing here allocates or looks at a clock.

/// Slices that are over and still count; the present one comes on top.
const CLOSED: u64 = 8;
const KEPT: usize = 9;

const _: () = assert!(KEPT as u64 == CLOSED + 1);

/// How long a slice of a window is, in nanoseconds.
pub(super) const fn slice_nanos(window_nanos: u64) -> u64 {
    match window_nanos / CLOSED {
        0 => 1,
        nanos => nanos,
    }
}

/// What a number of values come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) count: u32,
    pub(super) max: f64,
    pub(super) min: f64,
    pub(super) sum: f64,
}

impl Summary {
    pub(super) const EMPTY: Self = Self { count: 0, max: f64::NEG_INFINITY, min: f64::INFINITY, sum: 0.0 };

    /// Of one value.
    pub(super) const fn of(value: f64) -> Self {
        Self { count: 1, max: value, min: value, sum: value }
    }

    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        if value > self.max {
            self.max = value;
        }
        if value < self.min {
            self.min = value;
        }
    }

    #[inline]
    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
        self.min = self.min.min(other.min);
    }
}

/// What a window shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub(super) max: f64,
    pub(super) min: f64,
    pub(super) mean: f64,
}

/// What the slices that are over come to; worked out when a slice ends, not at each look.
#[derive(Clone, Copy, Debug)]
struct Closed {
    /// The slice for which it was worked out.
    at: u64,
    max: f64,
    min: f64,
    means: f64,
    slices: u32,
}

/// A sliding window over one kind of value.
#[derive(Clone, Debug)]
pub(super) struct Window {
    slices: [(u64, Summary); KEPT],
    closed: Closed,
}

impl Window {
    pub(super) const fn new() -> Self {
        // No slice has this number while time is told in nanoseconds.
        let closed =
            Closed { at: u64::MAX, max: f64::NEG_INFINITY, min: f64::INFINITY, means: 0.0, slices: 0 };
        Self { slices: [(0, Summary::EMPTY); KEPT], closed }
    }

    /// Takes values over into the slice `now`.
    #[inline]
    pub(super) fn add(&mut self, now: u64, values: &Summary) {
        let (number, slice) = &mut self.slices[place(now)];
        if *number != now {
            (*number, *slice) = (now, Summary::EMPTY);
        }
        slice.join(values);
    }

    /// Whether there is a value in the slice `now`.
    #[inline]
    pub(super) fn has(&self, now: u64) -> bool {
        let (number, slice) = &self.slices[place(now)];
        *number == now && slice.count > 0
    }

    /// What the window that ends with the slice `now` shows; nothing if no value is in it.
    ///
    /// The mean is that of the slices' means, so that each stretch of time counts the same
    /// however many values the driver has of it.
    #[inline]
    pub(super) fn extent(&mut self, now: u64) -> Option<Extent> {
        if self.closed.at != now {
            self.close(now);
        }
        let Closed { mut max, mut min, mut means, mut slices, .. } = self.closed;
        let (number, present) = &self.slices[place(now)];
        if *number == now && present.count > 0 {
            max = max.max(present.max);
            min = min.min(present.min);
            means += present.sum / f64::from(present.count);
            slices += 1;
        }
        (slices > 0).then(|| Extent { max, min, mean: means / f64::from(slices) })
    }

    fn close(&mut self, now: u64) {
        let mut closed =
            Closed { at: now, max: f64::NEG_INFINITY, min: f64::INFINITY, means: 0.0, slices: 0 };
        for (number, slice) in &self.slices {
            // A slice of the future is from before the clock was set back: it is forgotten.
            let age = now.wrapping_sub(*number);
            if (1..=CLOSED).contains(&age) && slice.count > 0 {
                closed.max = closed.max.max(slice.max);
                closed.min = closed.min.min(slice.min);
                closed.means += slice.sum / f64::from(slice.count);
                closed.slices += 1;
            }
        }
        self.closed = closed;
    }
}

/// Where a slice is kept.
#[inline]
const fn place(slice: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "less than nine")]
    let place = (slice % KEPT as u64) as usize;
    place
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{CLOSED, Extent, Summary, Window, slice_nanos};

    fn summary(values: &[f64]) -> Summary {
        let mut summary = Summary::EMPTY;
        values.iter().for_each(|value| summary.add(*value));
        summary
    }

    #[test]
    fn a_value_counts_for_the_whole_window_and_then_no_longer() {
        let mut window = Window::new();
        window.add(100, &summary(&[700.0]));
        for now in 101..=100 + CLOSED {
            window.add(now, &summary(&[300.0]));
            assert_eq!(window.extent(now).unwrap().max, 700.0, "slice {now}");
        }
        let now = 101 + CLOSED;
        window.add(now, &summary(&[300.0]));
        assert_eq!(window.extent(now), Some(Extent { max: 300.0, min: 300.0, mean: 300.0 }));
    }

    #[test]
    fn it_agrees_with_all_values_kept() {
        // Every value kept, and looked at each time: slow and plain.
        let mut all: Vec<(u64, f64)> = Vec::new();
        let mut window = Window::new();
        let mut state = 12345_u64;
        let mut now = 7_u64;
        for _ in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            now += [0, 0, 0, 1, 1, 2, 5, 30][(state >> 61) as usize];
            let value = ((state >> 40) % 1000) as f64;
            all.push((now, value));
            window.add(now, &summary(&[value]));
            let seen: Vec<_> = all.iter().filter(|(at, _)| now - at <= CLOSED).collect();
            let max = seen.iter().map(|(_, value)| *value).fold(f64::MIN, f64::max);
            let min = seen.iter().map(|(_, value)| *value).fold(f64::MAX, f64::min);
            let means: Vec<f64> = (now - CLOSED.min(now)..=now)
                .filter_map(|slice| {
                    let of: Vec<_> = seen.iter().filter(|(at, _)| *at == slice).map(|(_, v)| *v).collect();
                    (!of.is_empty()).then(|| of.iter().sum::<f64>() / of.len() as f64)
                })
                .collect();
            let mean = means.iter().sum::<f64>() / means.len() as f64;
            let found = window.extent(now).unwrap();
            assert_eq!((found.max, found.min), (max, min));
            assert!((found.mean - mean).abs() < 1e-9, "{} {mean}", found.mean);
        }
    }

    #[test]
    fn each_stretch_of_time_counts_the_same_in_the_mean() {
        let mut window = Window::new();
        window.add(1, &summary(&[100.0; 50]));
        window.add(2, &summary(&[200.0]));
        assert_eq!(window.extent(2), Some(Extent { max: 200.0, min: 100.0, mean: 150.0 }));
    }

    #[test]
    fn nothing_is_shown_of_nothing() {
        let mut window = Window::new();
        assert_eq!(window.extent(3), None);
        window.add(4, &Summary::EMPTY);
        assert_eq!(window.extent(4), None);
        window.add(4, &Summary::of(2.0));
        assert_eq!(window.extent(4 + CLOSED + 1), None, "after a long silence");
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_and_goes_on() {
        let mut window = Window::new();
        window.add(1000, &Summary::of(700.0));
        assert_eq!(window.extent(1000).unwrap().max, 700.0);
        window.add(990, &Summary::of(300.0));
        assert_eq!(window.extent(990).unwrap().max, 300.0);
        window.add(991, &Summary::of(310.0));
        assert_eq!(window.extent(991).unwrap().max, 310.0);
    }

    #[test]
    fn slices_are_never_empty_stretches() {
        assert_eq!(slice_nanos(30_000_000_000), 3_750_000_000);
        assert_eq!(slice_nanos(3), 1);
    }
}
