// SPDX-License-Identifier: Apache-2.0
//! The components there are: what a scrape walks.
//!
//! Invariant: an entry is never taken out. A component that is opened again keeps its counters,
//! so that no counter goes backwards while the process lives.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;

use super::derived::Derived;
use super::edge::Edge;
use super::init_errors::InitErrors;
use super::instruments::Deprecated;
use super::status::States;
use super::tree::Route;
use super::{ExporterTelemetry, MemoryTelemetry, ProcessorTelemetry, ReceiverTelemetry, ServeExit};

/// A list that grows now and then and is read without a lock.
#[derive(Debug)]
pub(super) struct List<T>(ArcSwap<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }
}

impl<T: Clone> List<T> {
    pub(super) fn push(&self, entry: &T) {
        self.update(|list| list.push(entry.clone()));
    }

    /// Replaces the list by what `change` makes of a copy; it may be called more than once.
    pub(super) fn update(&self, change: impl Fn(&mut Vec<T>)) {
        self.0.rcu(|list| {
            let mut next = Vec::with_capacity(list.len() + 1);
            next.extend(list.iter().cloned());
            change(&mut next);
            next
        });
    }

    pub(super) fn load(&self) -> Arc<Vec<T>> {
        self.0.load_full()
    }
}

/// Everything a scrape shows that is not read from the system.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) receivers: List<Arc<ReceiverTelemetry>>,
    pub(super) exporters: List<Arc<ExporterTelemetry>>,
    pub(super) processors: List<Arc<ProcessorTelemetry>>,
    /// What each component reported last.
    pub(super) states: States,
    pub(super) routes: List<Arc<Route>>,
    pub(super) derived: Derived,
    pub(super) edges: List<Arc<Edge>>,
    pub(super) memory: Arc<MemoryTelemetry>,
    pub(super) deprecated: List<Arc<Deprecated>>,
    pub(super) init_errors: InitErrors,
    /// Shared with the HTTP server, which catches the panics of handlers.
    pub(super) scrape_panics: Arc<AtomicU64>,
    pub(super) serve_exits: [AtomicU64; ServeExit::ALL.len()],
}
