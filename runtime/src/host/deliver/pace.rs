// SPDX-License-Identifier: Apache-2.0
//! When the next attempt may begin, and how many may be under way: all that one exporter knows
//! of how its other side is.
//!
//! While all is well, as many as the operator allows. After a failure that may pass, nobody
//! asks until the wait is over; then one attempt asks, alone. Once that succeeds there may be an
//! hour of data to send, and the other side may just have come up, with a whole fleet asking:
//! so attempts begin one at a time with a pause between them that halves each time, like TCP's
//! slow start. If that makes the other side refuse again, the pace at which it did is
//! remembered: the pause halves to twice that one only, and shrinks slowly from there.
//!
//! Time comes in from outside; nothing here waits.

use std::time::Duration;

use tokio::time::Instant;
use tracecore_schema::delivery::RetryConfig;

use super::retry::{Chance, Waits};
use crate::Retry;

/// The first pause after an outage.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A pause shorter than this is none.
const NO_PAUSE: Duration = Duration::from_millis(4);
/// How a pause shrinks once it is near the one at which the other side refused.
const CAREFULLY: f64 = 0.95;
/// A server that asks for a longer wait is asked again after this one.
pub(super) const MOST_ASKED: Duration = Duration::from_secs(3600);
/// The longest wait between two attempts at the end, when there is no time.
const AT_THE_END: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Pace {
    waits: Waits,
    chance: Chance,
    concurrency: usize,
    /// No attempt begins before.
    opens_at: Option<Instant>,
    /// Nothing has succeeded since the last failure.
    failing: bool,
    /// When it last failed: failures of attempts that began before tell nothing new.
    failed_at: Option<Instant>,
    /// How many attempts may be under way.
    window: usize,
    /// Time between the beginnings of two attempts.
    pause: Duration,
    /// Up to here the pause shrinks fast.
    careful: Duration,
    /// When the last two attempts began.
    began: [Option<Instant>; 2],
}

impl Pace {
    pub(super) fn new(retry: &RetryConfig, concurrency: usize, seed: Option<u64>) -> Self {
        Self {
            waits: Waits::new(retry),
            chance: Chance::new(seed),
            concurrency: concurrency.max(1),
            opens_at: None,
            failing: false,
            failed_at: None,
            window: concurrency.max(1),
            pause: Duration::ZERO,
            careful: Duration::ZERO,
            began: [None; 2],
        }
    }

    /// How many attempts may be under way.
    pub(super) const fn window(&self) -> usize {
        self.window
    }

    /// When the next attempt may begin; `None` if it may at once.
    pub(super) const fn opens_at(&self) -> Option<Instant> {
        self.opens_at
    }

    /// An attempt begins.
    pub(super) fn begins(&mut self, now: Instant) {
        self.began = [self.began[1], Some(now)];
        self.opens_at = (self.pause >= NO_PAUSE).then(|| now + self.chance.longer(self.pause));
    }

    /// The other side answered: it took a batch, or refused that batch for good.
    pub(super) fn answered(&mut self, now: Instant) {
        self.waits.reset();
        if std::mem::take(&mut self.failing) {
            self.window = 1;
            self.pause = FIRST_PAUSE;
            self.opens_at = Some(now + self.chance.longer(self.pause));
            return;
        }
        if self.pause > Duration::ZERO {
            let shrunk = self.pause / 2;
            self.pause = if shrunk >= self.careful {
                shrunk
            } else {
                self.pause.mul_f64(CAREFULLY).min(self.careful * 2)
            };
            if self.pause < NO_PAUSE {
                (self.pause, self.careful) = (Duration::ZERO, Duration::ZERO);
            }
        } else if self.window < self.concurrency {
            self.window += 1;
        }
    }

    /// An attempt that began at `began` failed in a way that may pass. Gives how long nobody asks.
    ///
    /// A wait that the other side asks for is the wait, if it is the first; one that asks again
    /// and again for a short one is left alone as long as one that says nothing.
    pub(super) fn failed(&mut self, began: Instant, now: Instant, retry: Retry) -> Duration {
        let retry = match retry {
            Retry::After(asked) => Retry::After(asked.min(MOST_ASKED)),
            Retry::Later => Retry::Later,
        };
        let known = self.failed_at.is_some_and(|failed| began < failed);
        let wait = match retry {
            Retry::After(asked) if known || !self.failing => self.chance.longer(asked),
            Retry::After(asked) => self.chance.longer(asked).max(self.waits.next(&mut self.chance)),
            Retry::Later if known => Duration::ZERO,
            Retry::Later => self.waits.next(&mut self.chance),
        };
        if !known {
            if !self.failing {
                self.remember();
            }
            self.failed_at = Some(now);
        }
        self.failing = true;
        self.window = 1;
        let opens_at = now + wait;
        self.opens_at = Some(self.opens_at.map_or(opens_at, |already| already.max(opens_at)));
        wait
    }

    /// The pace of a moment ago was too much.
    fn remember(&mut self) {
        if let [Some(before), Some(last)] = self.began {
            let between = last.saturating_duration_since(before).max(self.pause);
            self.careful = (between * 2).min(FIRST_PAUSE);
        }
    }

    /// The end is near: what waits only by our own choice is tried at once, and again soon.
    pub(super) fn hurry(&mut self, asked_until: Option<Instant>) {
        self.waits.at_most(AT_THE_END);
        self.pause = Duration::ZERO;
        self.careful = Duration::ZERO;
        self.opens_at = asked_until;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use tracecore_schema::delivery::RetryConfig;

    use super::Pace;
    use crate::Retry;

    fn pace(concurrency: usize) -> (Pace, Instant) {
        (Pace::new(&RetryConfig::default(), concurrency, Some(1)), Instant::now())
    }

    #[test]
    fn while_all_is_well_nothing_waits() {
        let (mut pace, now) = pace(4);
        assert_eq!(pace.window(), 4);
        for _ in 0..10 {
            pace.begins(now);
            pace.answered(now);
            assert_eq!((pace.opens_at(), pace.window()), (None, 4));
        }
    }

    #[test]
    fn attempts_that_fail_together_are_one_failure() {
        let (mut pace, start) = pace(4);
        let now = start + Duration::from_secs(1);
        let first = pace.failed(start, now, Retry::Later);
        for _ in 0..3 {
            assert_eq!(pace.failed(start, now, Retry::Later), Duration::ZERO);
        }
        assert_eq!(pace.opens_at(), Some(now + first));
        assert!(first < Duration::from_secs(7), "the wait did not grow");
        assert_eq!(pace.window(), 1, "one asks whether it is back");
    }

    #[test]
    fn the_wait_that_the_server_asks_for_is_the_wait_unless_it_asks_for_none_each_time() {
        let (mut pace, now) = pace(1);
        let asked = Duration::from_secs(90);
        let wait = pace.failed(now, now, Retry::After(asked));
        assert!(wait >= asked && wait < asked * 5 / 4, "{wait:?}");
        let mut now = now + wait;
        for least in [3, 5, 8] {
            let wait = pace.failed(now, now, Retry::After(Duration::from_millis(1)));
            assert!(
                wait > Duration::from_secs(least),
                "who asks for nothing each time is not served: {wait:?}"
            );
            now += wait;
        }
    }

    #[test]
    fn after_an_outage_attempts_come_one_at_a_time_and_faster_and_faster() {
        let (mut pace, mut now) = pace(3);
        pace.begins(now);
        pace.failed(now, now, Retry::Later);
        let (mut pauses, mut attempts) = (Vec::new(), 0);
        while pace.window() < 3 {
            now = pace.opens_at().map_or(now, |at| at.max(now));
            pace.begins(now);
            if let Some(next) = pace.opens_at() {
                pauses.push(next - now);
            }
            now += Duration::from_millis(1);
            pace.answered(now);
            attempts += 1;
            assert!(attempts < 50);
        }
        assert!(pauses[0] >= Duration::from_millis(750), "{pauses:?}");
        let sum: Duration = pauses.iter().sum();
        assert!(sum > Duration::from_millis(1500) && sum < Duration::from_secs(3), "{pauses:?}");
    }

    #[test]
    fn a_pace_that_was_too_much_is_come_near_to_carefully() {
        let (mut pace, mut now) = pace(1);
        // The other side takes ten attempts a second and no more.
        let limit = Duration::from_millis(100);
        let (mut refused, mut taken, mut last) = (0_u32, 0_u32, None::<Instant>);
        let end = now + Duration::from_secs(600);
        while now < end {
            now = pace.opens_at().map_or(now, |at| at.max(now));
            let began = now;
            pace.begins(now);
            let too_fast = last.is_some_and(|last| began - last < limit);
            now += Duration::from_millis(1);
            if too_fast {
                refused += 1;
                pace.failed(began, now, Retry::After(Duration::from_secs(1)));
            } else {
                taken += 1;
                pace.answered(now);
            }
            last = Some(began);
        }
        assert!(refused * 10 < taken, "{refused} refused, {taken} taken");
        assert!(taken > 600, "{taken} taken in ten minutes, of 6000 at most");
    }

    #[test]
    fn at_the_end_only_what_the_server_asked_for_is_waited_for() {
        let (mut pace, now) = pace(1);
        pace.failed(now, now, Retry::Later);
        pace.hurry(None);
        assert_eq!(pace.opens_at(), None);
        assert!(pace.failed(now, now + Duration::from_secs(1), Retry::Later) < Duration::from_secs(1));
    }
}
