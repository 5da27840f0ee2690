// SPDX-License-Identifier: Apache-2.0
//! How the collector is, for its probes (contract H2).

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A supervisor that has not been heard of for this long is as good as dead.
const BEAT_LIMIT: Duration = Duration::from_secs(30);

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;
const STOPPING: u8 = 3;

/// What a probe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Alive.
    Ok,
    /// At work.
    Ready,
    /// Not at work, or not known to be alive.
    NotReady,
    /// On its way out.
    ShuttingDown,
}

impl Probe {
    /// The word in the answer.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::ShuttingDown => "shutting down",
        }
    }

    /// Whether the answer is 200; it is 503 otherwise.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Ok | Self::Ready)
    }
}

/// How the collector is. The host says it, probes read it.
///
/// Invariant: plain atomics; a probe never waits for the host.
#[derive(Debug)]
pub struct Health {
    epoch: Instant,
    phase: AtomicU8,
    beat_nanos: AtomicU64,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// A collector that starts.
    #[must_use]
    pub fn new() -> Self {
        Self { epoch: Instant::now(), phase: AtomicU8::new(STARTING), beat_nanos: AtomicU64::new(0) }
    }

    /// The supervisor is alive.
    pub fn beat(&self) {
        self.beat_nanos.store(self.now(), Ordering::Relaxed);
    }

    /// Every component's first open has returned, or has taken too long to be waited for.
    pub fn ready(&self) {
        self.enter(READY);
    }

    /// A drain has begun: no longer ready, still alive.
    pub fn draining(&self) {
        self.enter(DRAINING);
    }

    /// The drain is over.
    pub fn stopping(&self) {
        self.enter(STOPPING);
    }

    /// Whether the process is alive.
    #[must_use]
    pub fn healthz(&self) -> Probe {
        if self.phase.load(Ordering::Acquire) == STOPPING {
            return Probe::ShuttingDown;
        }
        let silent = self.now().saturating_sub(self.beat_nanos.load(Ordering::Relaxed));
        if Duration::from_nanos(silent) > BEAT_LIMIT { Probe::NotReady } else { Probe::Ok }
    }

    /// Whether it does its work.
    #[must_use]
    pub fn readyz(&self) -> Probe {
        match self.phase.load(Ordering::Acquire) {
            STARTING => Probe::NotReady,
            READY => Probe::Ready,
            _ => Probe::ShuttingDown,
        }
    }

    /// Phases follow each other and none comes back: a late `ready` must not undo a drain.
    fn enter(&self, phase: u8) {
        self.phase.fetch_max(phase, Ordering::AcqRel);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::time::{Duration, Instant};

    use super::{Health, Probe};

    #[test]
    fn h2_ready_then_draining_then_stopping_and_never_back() {
        let health = Health::new();
        assert_eq!((health.healthz(), health.readyz()), (Probe::Ok, Probe::NotReady));
        health.ready();
        assert_eq!((health.healthz(), health.readyz()), (Probe::Ok, Probe::Ready));
        health.draining();
        assert_eq!((health.healthz(), health.readyz()), (Probe::Ok, Probe::ShuttingDown));
        health.ready();
        assert_eq!(health.readyz(), Probe::ShuttingDown, "a drain cannot be undone");
        health.stopping();
        assert_eq!((health.healthz(), health.readyz()), (Probe::ShuttingDown, Probe::ShuttingDown));
    }

    #[test]
    fn h2_a_supervisor_silent_for_30_seconds_fails_healthz_until_it_beats() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(31)).unwrap();
        let health = Health { epoch: long_ago, ..Health::new() };
        health.ready();
        assert_eq!((health.healthz(), health.readyz()), (Probe::NotReady, Probe::Ready));
        health.beat();
        assert_eq!(health.healthz(), Probe::Ok);
        let recent = Instant::now().checked_sub(Duration::from_secs(29)).unwrap();
        assert_eq!(Health { epoch: recent, ..Health::new() }.healthz(), Probe::Ok);
    }

    #[test]
    fn h2_what_passes_is_200() {
        let all = [Probe::Ok, Probe::Ready, Probe::NotReady, Probe::ShuttingDown];
        assert_eq!(all.map(Probe::passes), [true, true, false, false]);
    }
}
