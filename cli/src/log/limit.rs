// SPDX-License-Identifier: Apache-2.0
//! At most so many messages alike in a while; what was left out is counted and told.
//!
//! Messages are alike twice over: the same words from the same component, of which a few are
//! enough, and anything from the same line of code for the same component, of which there may
//! be more, since the words may differ in what matters.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// How long a message is remembered.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How many messages with the same words are shown in a window.
const SAME_WORDS: u32 = 5;
/// How many messages from one place for one component are shown in a window.
const SAME_PLACE: u32 = 50;
/// How many kinds of messages are remembered. Beyond that, everything is shown: whoever makes
/// up so many different messages in a minute is not helped by hiding them.
const REMEMBERED: usize = 4096;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is shown, after so many like it were left out.
    Show {
        /// How many.
        suppressed: u64,
    },
    /// It is left out.
    Drop,
}

#[derive(Debug)]
struct Seen {
    since: Instant,
    count: u32,
    suppressed: u64,
}

/// Remembers what was said.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    seen: HashMap<u64, Seen>,
    swept: Option<Instant>,
}

impl Limiter {
    /// Judges a message from `place` (a line of code) about `component`.
    pub(super) fn judge(
        &mut self,
        place: &impl Hash,
        component: Option<&str>,
        words: &str,
        now: Instant,
    ) -> Verdict {
        // Words that have been said often do not use up what the place may say.
        let by_words = hash(&(place, component, words));
        let Verdict::Show { suppressed } = self.count(by_words, SAME_WORDS, now) else {
            return Verdict::Drop;
        };
        match self.count(hash(&(place, component)), SAME_PLACE, now) {
            Verdict::Show { suppressed: more } => Verdict::Show { suppressed: suppressed + more },
            Verdict::Drop => Verdict::Drop,
        }
    }

    /// Forgets what is older than a window, at most once in a window, and says how many
    /// messages were left out that nothing like them has told of since.
    pub(super) fn sweep(&mut self, now: Instant) -> u64 {
        if now.duration_since(*self.swept.get_or_insert(now)) < WINDOW {
            return 0;
        }
        self.swept = Some(now);
        let mut untold = 0;
        self.seen.retain(|_, seen| {
            let keep = now.duration_since(seen.since) < WINDOW;
            untold += if keep { 0 } else { seen.suppressed };
            keep
        });
        untold
    }

    fn count(&mut self, key: u64, limit: u32, now: Instant) -> Verdict {
        if self.seen.len() >= REMEMBERED && !self.seen.contains_key(&key) {
            return Verdict::Show { suppressed: 0 };
        }
        let seen = self.seen.entry(key).or_insert(Seen { since: now, count: 0, suppressed: 0 });
        if now.duration_since(seen.since) >= WINDOW {
            (seen.since, seen.count) = (now, 0);
        }
        if seen.count < limit {
            seen.count += 1;
            Verdict::Show { suppressed: std::mem::take(&mut seen.suppressed) }
        } else {
            seen.suppressed += 1;
            Verdict::Drop
        }
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Limiter, REMEMBERED, SAME_PLACE, SAME_WORDS, Verdict, WINDOW};

    const SHOW: Verdict = Verdict::Show { suppressed: 0 };

    #[test]
    fn a_message_that_repeats_is_shown_a_few_times_and_then_told_of() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        let mut at = |seconds| limiter.judge(&1, Some("nvml"), "lost", start + Duration::from_secs(seconds));
        let shown = (0..40).filter(|second| at(*second) == SHOW).count();
        assert_eq!(shown, SAME_WORDS as usize);
        assert_eq!(at(61), Verdict::Show { suppressed: 35 });
        assert_eq!(at(62), SHOW);
    }

    #[test]
    fn another_component_another_place_and_other_words_are_not_alike() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        for _ in 0..20 {
            limiter.judge(&1, Some("nvml"), "lost", now);
        }
        assert_eq!(limiter.judge(&1, Some("nvml"), "lost", now), Verdict::Drop);
        assert_eq!(limiter.judge(&1, Some("nvml/b"), "lost", now), SHOW);
        assert_eq!(limiter.judge(&2, Some("nvml"), "lost", now), SHOW);
        assert_eq!(limiter.judge(&1, Some("nvml"), "found", now), SHOW);
        assert_eq!(limiter.judge(&1, None, "lost", now), SHOW);
    }

    #[test]
    fn words_that_differ_each_time_are_bounded_too() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        let verdicts = (0..200).map(|n| limiter.judge(&1, Some("nvml"), &format!("lost {n}"), now));
        assert_eq!(verdicts.filter(|verdict| *verdict == SHOW).count(), SAME_PLACE as usize);
    }

    #[test]
    fn what_nothing_has_told_of_is_told_when_the_window_is_over() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        assert_eq!(limiter.sweep(now), 0);
        for _ in 0..12 {
            limiter.judge(&1, None, "lost", now);
        }
        assert_eq!(limiter.sweep(now + WINDOW / 2), 0);
        assert_eq!(limiter.sweep(now + WINDOW), 7);
        assert_eq!(limiter.sweep(now + WINDOW * 2), 0);
        assert!(limiter.seen.is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        for place in 0..REMEMBERED {
            limiter.judge(&place, None, "x", now);
        }
        assert!(limiter.seen.len() <= REMEMBERED);
        assert_eq!(limiter.judge(&"new", None, "x", now), SHOW);
    }
}
