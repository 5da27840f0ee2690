// SPDX-License-Identifier: Apache-2.0
//! What passes between two components of a pipeline, counted at level `detailed`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of an item at the end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeOutcome {
    /// The component took it.
    Taken,
    /// The component refused it.
    Refused,
}

impl EdgeOutcome {
    /// Both, in the order of their counters.
    pub const ALL: [Self; 2] = [Self::Taken, Self::Refused];

    /// The `outcome` label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }
}

/// One edge of one pipeline.
///
/// Invariant: recording never waits and never allocates.
#[derive(Debug)]
pub struct Edge {
    /// The pipeline: `metrics/gpu`.
    pub pipeline: Arc<str>,
    /// Who gives: `nvml`.
    pub from: Arc<str>,
    /// Who is given to: `filter`.
    pub to: Arc<str>,
    items: [AtomicU64; EdgeOutcome::ALL.len()],
}

impl Edge {
    /// An edge over which nothing has passed.
    #[must_use]
    pub fn new(pipeline: Arc<str>, from: Arc<str>, to: Arc<str>) -> Arc<Self> {
        Arc::new(Self { pipeline, from, to, items: Default::default() })
    }

    /// Items have passed, or have not.
    #[inline]
    pub fn items(&self, outcome: EdgeOutcome, items: u64) {
        self.items[outcome as usize].fetch_add(items, Ordering::Relaxed);
    }

    /// Both outcomes with their counts.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let names = EdgeOutcome::ALL.into_iter().map(EdgeOutcome::name);
        names.zip(self.items.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}
