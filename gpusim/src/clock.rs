// SPDX-License-Identifier: Apache-2.0
//! What time it is for the simulation: real, or as a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the system's monotonic clock, which processes share.
pub(crate) fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // The monotonic clock counts from boot: never negative, 584 years fit.
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    part(now.tv_sec) * 1_000_000_000 + part(now.tv_nsec)
}

/// Microseconds since 1970.
pub(crate) fn wall_us() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Where a simulation takes its time from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// Real time, from the creation of the simulation.
    #[default]
    Real,
    /// Whatever the caller sets.
    Manual(ManualClock),
}

/// A clock that stands still until it is set. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The time since the start of the simulation.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Acquire))
    }

    /// Moves on by `step`.
    pub fn advance(&self, step: Duration) {
        self.0.fetch_add(nanos(step), Ordering::AcqRel);
    }

    /// Sets the time since the start. A simulation ignores a step back.
    pub fn set(&self, now: Duration) {
        self.0.store(nanos(now), Ordering::Release);
    }
}

/// A duration in the control file's unit; 584 years is the end of time.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
