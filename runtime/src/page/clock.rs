// SPDX-License-Identifier: Apache-2.0
//! How old a tick is. Wall-clock time jumps; this one does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A monotonic clock, or one that a test moves. An enum rather than a trait object: lanes read
/// it at each tick.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System(Instant),
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The system's monotonic clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System(Instant::now()))
    }

    /// A clock that stands still until [`advance`](Self::advance) is called on it or a clone.
    #[must_use]
    pub fn manual() -> Self {
        Self(Kind::Manual(Arc::default()))
    }

    /// Moves a manual clock; does nothing to the system's.
    pub fn advance(&self, by: Duration) {
        if let Kind::Manual(nanos) = &self.0 {
            nanos.fetch_add(whole_nanos(by), Ordering::Relaxed);
        }
    }

    /// Nanoseconds since the clock was made.
    #[inline]
    pub(super) fn nanos(&self) -> u64 {
        match &self.0 {
            Kind::System(start) => whole_nanos(start.elapsed()),
            Kind::Manual(nanos) => nanos.load(Ordering::Relaxed),
        }
    }
}

/// Nanoseconds; 584 years at most.
#[inline]
pub(super) fn whole_nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()))
}
