// SPDX-License-Identifier: Apache-2.0
//! How old a tick is. Wall-clock time jumps; this one does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A monotonic clock, or one that a test moves. An enum rather than a trait object: lanes read
/// it at each tick. A component that times something may hold one as well, so that its test
/// need not wait:
///
/// ```
/// use std::time::Duration;
/// use tracecore_runtime::testing::Clock;
///
/// struct Lease {
///     clock: Clock,
///     ends: Duration,
/// }
///
/// impl Lease {
///     fn is_over(&self) -> bool {
///         self.clock.elapsed() >= self.ends
///     }
/// }
///
/// let clock = Clock::manual();
/// let lease = Lease { clock: clock.clone(), ends: Duration::from_secs(60) };
/// clock.advance(Duration::from_secs(59));
/// assert!(!lease.is_over());
/// clock.advance(Duration::from_secs(1));
/// assert!(lease.is_over());
/// ```
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

    /// Time since the clock was made; never goes back.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.nanos())
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
