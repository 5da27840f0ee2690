// SPDX-License-Identifier: Apache-2.0
//! What is recorded about a processor (contract X2). Its instances, one per branch, share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one processor: atomics that whoever scrapes reads.
///
/// Invariant: recording never waits and never allocates.
#[derive(Debug)]
pub struct ProcessorTelemetry {
    id: Arc<str>,
    kept: AtomicU64,
    dropped: AtomicU64,
}

impl ProcessorTelemetry {
    /// The counters of the processor `id`.
    #[must_use]
    pub fn new(id: Arc<str>) -> Arc<Self> {
        Arc::new(Self { id, kept: AtomicU64::new(0), dropped: AtomicU64::new(0) })
    }

    /// `kind` or `kind/name` (R6).
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Points that passed in a tick.
    #[inline]
    pub fn kept(&self, items: u64) {
        self.kept.fetch_add(items, Ordering::Relaxed);
    }

    /// Points that ended here in a tick.
    #[inline]
    pub fn dropped(&self, items: u64) {
        self.dropped.fetch_add(items, Ordering::Relaxed);
    }

    /// Both, by the `result` label.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, u64); 2] {
        [("kept", self.kept.load(Ordering::Relaxed)), ("dropped", self.dropped.load(Ordering::Relaxed))]
    }
}
