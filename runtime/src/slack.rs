// SPDX-License-Identifier: Apache-2.0
//! The time between two ticks: for calls that are too slow for a tick.
//!
//! Invariant: a lane gives its slack away call by call. Each call has a heartbeat of its own, so
//! one that never returns is found as it is in a tick, and the lane can stop between two.

use std::time::{Duration, Instant};

use crate::{Device, Probe};

/// What is left of the time before the next tick.
#[derive(Debug)]
pub struct Slack<'a> {
    until: Instant,
    probe: &'a Probe,
}

impl<'a> Slack<'a> {
    pub(crate) const fn new(until: Instant, probe: &'a Probe) -> Self {
        Self { until, probe }
    }

    /// When the next tick is due.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// How long it is until then; zero once it is too late.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Says which device the calls that follow go to: see [`Batch::entering`](crate::Batch::entering).
    pub fn entering(&self, device: Device) {
        self.probe.entering(device);
    }
}
