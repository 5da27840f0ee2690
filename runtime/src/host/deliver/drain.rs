// SPDX-License-Identifier: Apache-2.0
//! The end of a delivery: what is still there when the queue is closed.
//!
//! What waits in memory is tried until the budget is over. What is in storage is safe there: it
//! is tried as long as that works, and left alone at the first failure.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;

/// The end, once it has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    deadline: Instant,
    durable: bool,
}

impl Drain {
    /// Begins it. `asked_until` is when the other side asked to be asked again.
    pub(super) fn begin(
        now: Instant,
        budget: Duration,
        durable: bool,
        asked_until: Option<Instant>,
        pace: &mut Pace,
    ) -> Self {
        pace.hurry(asked_until);
        Self { deadline: now + budget, durable }
    }

    /// Whether a further attempt is of no use: nobody would be asked before the budget is over,
    /// or it is safe where it is.
    pub(super) fn is_hopeless(&self, pace: &Pace, failed: bool) -> bool {
        (self.durable && failed) || pace.opens_at().is_some_and(|opens| opens >= self.deadline)
    }

    /// What is left of the budget.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.deadline.saturating_duration_since(now)
    }
}
